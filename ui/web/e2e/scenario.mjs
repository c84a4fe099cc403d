// What the tests of single states share: one scenario in both sizes against the stand-in service, with axe,
// the focus ring, the content security policy and a screenshot at every state.

import { axe, Checks, csp, open, ringless, scan, shot, sideways } from "./browser.mjs";
import { Mock } from "./mock.mjs";

export const folder = process.env.SCREENSHOTS;
export const checks = new Checks();
export const qr = "PAGOPA|002|302001000000000142|01199250158|4250";

/** What the counter says at rest: that it is ready, or that it is not. */
export const atRest = /Pronto per il prossimo avviso|Per ora non si incassa/;

export async function login(page, url, operator = "rossi") {
  await page.goto(url);
  await page.getByLabel("Operatore").fill(operator);
  await page.getByLabel("PIN").fill("1234");
  await page.keyboard.press("Enter");
  await page.getByText(atRest).first().waitFor();
}

/** run does one scenario in both sizes. ONLY names one, to look at it alone. */
export async function run(browser, name, scenario) {
  if (process.env.ONLY && process.env.ONLY !== name) return;
  for (const zoom of [1, 2]) {
    const mock = new Mock();
    const url = await mock.start();
    const { context, page, complaints } = await open(browser, { zoom });
    const label = `${name}${zoom === 2 ? "-200" : ""}`;
    const look = async (state) => {
      await page.waitForTimeout(50);
      const what = `${label}/${state}`;
      checks.same(await axe(page), [], `${what} axe`);
      checks.same(await ringless(page), undefined, `${what} focus ring`);
      checks.that((await sideways(page)) <= 0, `${what} scrolls sideways by ${await sideways(page)}`);
      if (zoom === 1) {
        const list = page.getByRole("heading", { name: "Pagamenti di oggi" });
        if (await list.count()) checks.that(((await list.boundingBox())?.y ?? 9999) < 740, `${what} list below the fold`);
      }
      await shot(page, folder, what.replaceAll("/", "-"));
    };
    try {
      await scenario({ mock, url, page, look, context, wide: zoom === 1 });
    } catch (e) {
      checks.that(false, `${label}: ${e.message.split("\n").slice(0, 4).join(" | ")}`);
      await shot(page, folder, `${label}-FAILED`);
    }
    const allowed = (m) => /status of (4|5)\d\d|ERR_|WebSocket connection/.test(m); // answers this scenario asked for
    checks.same(complaints.filter((m) => !allowed(m)), [], `${label} complaints`);
    checks.same(await csp(page).catch(() => []), [], `${label} content security policy`);
    await context.close();
    await mock.stop();
  }
}

/** working waits for the payment that was just asked for: on the screen, and with the service. */
export async function working(page, mock) {
  await page.getByRole("heading", { name: /Pagamento in corso/ }).waitFor();
  await mock.asked();
}

export const settle = (page) => page.waitForTimeout(350); // past the time in which no Enter counts

export async function inHand(page, text = qr) {
  await scan(page, text);
  await page.getByRole("heading", { name: /^Avviso/ }).waitFor();
  await settle(page);
}

/** earlier are payments of the same day, as a page finds them. */
export function earlier(mock) {
  const make = (n, minutes, description, cents, state, registration, over = {}) => {
    const at = new Date(Date.now() - minutes * 60_000).toISOString();
    const request = { request_id: `earlier-${n}`, terminal: "cassa1", notices: [{ creditor: "01199250158", number: `3020010000000001${n}`, expected_cents: cents }] };
    const p = mock.newPayment(request, { id: `A1-0000${n}`, created_at: at, updated_at: at, state, has_receipt: state === "charged" });
    p.notices[0] = { ...p.notices[0], description, registration };
    if (state === "charged") p.charge = { stan: `0001${n}`, online_id: "1", auth_code: "004710", pan: "************1234", card: "PAGOBANCOMAT", entry: "chip", action_code: "000", amount_cents: cents, host_time: at };
    return { ...p, ...over };
  };
  const late = make(24, 41, "Diritti di segreteria per certificato anagrafico", 1999, "charged", "awaiting_receipt");
  late.notices[0].late = true;
  return [
    make(26, 6, "Mensa scolastica, ottobre", 7550, "charged", "awaiting_receipt"),
    make(25, 12, "TARI 2026, acconto", 123456, "not_charged", "none", { reason: { code: "declined", text: "La banca ha rifiutato la carta.", hint: "Prova con un’altra carta." } }),
    late,
    make(23, 63, "Canone unico patrimoniale", 8800, "charged", "registered"),
  ];
}
