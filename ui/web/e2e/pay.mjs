// One notice from scan to registered in a real browser, against the service that BASE_URL names (or the
// stand-in, when it is not set). Twice: as a well-set scanner sends it, and with the separators that a US
// scanner makes on an Italian PC. Exit code 0 when everything held.
//
//   BASE_URL     the page's address                      OPERATOR, PIN  who signs in
//   QR           the notice's QR text; QR2 another one for the second run, else the first is only looked up
//   SCREENSHOTS  a folder for pictures                   PATIENCE       milliseconds for each step (30000)
//   CHROMIUM     the browser, /usr/bin/chromium

import { axe, Checks, csp, launch, open, scan, shot, sideways } from "./browser.mjs";
import { Mock } from "./mock.mjs";

const env = process.env;
const folder = env.SCREENSHOTS;
const patience = Number(env.PATIENCE ?? 30_000);
const checks = new Checks();

let mock;
let base = env.BASE_URL;
if (!base) {
  mock = new Mock();
  mock.auto = true;
  base = await mock.start();
}
const operator = env.OPERATOR ?? "rossi";
const pin = env.PIN ?? "1234";
const qr = env.QR ?? "PAGOPA|002|302001000000000142|01199250158|4250";
const qr2 = env.QR2 ?? (mock ? qr : undefined);

const browser = await launch();
await pay({ name: "pay", code: qr, zoom: 1 });
await pay({ name: "damaged", code: (qr2 ?? qr).replaceAll("|", "§"), zoom: 2, lookupOnly: !qr2 });
await browser.close();
await mock?.stop();
checks.end();

async function pay({ name, code, zoom, lookupOnly }) {
  const { context, page, complaints } = await open(browser, { zoom });
  page.setDefaultTimeout(patience);
  const look = async (state) => {
    checks.same(await axe(page), [], `${name}/${state} axe`);
    const over = await sideways(page);
    checks.that(over <= 0, `${name}/${state} scrolls sideways by ${over}`);
    await shot(page, folder, `${name}-${state}`);
  };
  try {
    await page.goto(base);
    await look("login");
    await page.getByLabel("Operatore").fill(operator);
    await page.getByLabel("PIN").fill(pin);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Pronto per il prossimo avviso" }).waitFor();
    await look("ready");

    // The clerk's own keys are counted in the page; a scanner's Enter never gets past the detector.
    await page.evaluate(() => {
      globalThis.keys = [];
      document.addEventListener("keydown", (e) => {
        if (e.key.length > 1 && e.key !== "Shift") globalThis.keys.push(e.key);
      });
    });
    await watchTurns(page);

    await page.getByRole("button", { name: "Cerca" }).focus(); // a scan works from anywhere
    await scan(page, code);
    const heading = page.getByRole("heading", { name: /^Avviso|^Non / });
    await heading.waitFor();
    checks.same(await heading.first().textContent(), lookupOnly ? await heading.first().textContent() : "Avviso da incassare", `${name} heading`);
    const facts = await page.locator(".till-work .facts").textContent();
    checks.that(/Ente.+Causale.+Codice avviso/.test(facts ?? ""), `${name} shows creditor, reason and number: ${facts}`);
    checks.that(/\d,\d\d\s€/.test((await page.locator(".amount").textContent()) ?? ""), `${name} shows the amount`);
    const number = /\d{18}/.exec(code)?.[0] ?? "";
    checks.that((facts ?? "").replace(/\s/g, "").includes(number), `${name} shows the notice that was scanned`);
    await page.waitForTimeout(350); // past the time in which an Enter may be the scanner's
    await look("debt");
    if (lookupOnly) return;

    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Pagamento in corso" }).waitFor();
    await look("working");
    await page.getByRole("heading", { name: /^Incassato/ }).waitFor();
    await page.locator("pre.slip").first().waitFor();
    checks.that(((await page.locator("pre.slip").first().textContent()) ?? "").length > 20, `${name} shows the slip`);
    await look("charged");
    await page.locator('[data-fact="registered"]').waitFor(); // by itself, by an event
    await look("registered");

    const row = page.locator("tbody tr").first();
    const text = (await row.textContent()) ?? "";
    checks.that(/Incassato/.test(text) && /Registrato/.test(text), `${name} is first in the list: ${text}`);
    const turns = await page.evaluate(() => globalThis.turns);
    checks.that(turns.some((t) => /carta|PIN|banca/.test(t)), `${name} showed whose turn it was: ${turns.join(" → ")}`);
    checks.same(await page.evaluate(() => globalThis.keys), ["Enter"], `${name}: one scan, one key`);
    console.log(`${name}: one scan, ${(await page.evaluate(() => globalThis.keys)).length} key; ${turns.join(" → ")}`);
  } catch (e) {
    checks.that(false, `${name}: ${e.message.split("\n").slice(0, 4).join(" | ")}`);
    await shot(page, folder, `${name}-failed`);
  } finally {
    checks.same(complaints, [], `${name} console`);
    checks.same(await csp(page), [], `${name} content security policy`);
    await context.close();
  }
}

// Phases may be over in a moment: the page itself notes each phrase that it shows.
async function watchTurns(page) {
  await page.evaluate(() => {
    globalThis.turns = [];
    new MutationObserver(() => {
      const now = document.querySelector(".turn-what")?.textContent;
      if (now && now !== globalThis.turns.at(-1)) globalThis.turns.push(now);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}
