// The demonstration's terminal pressed from the page, against the service that BASE_URL names: the red key
// ends a payment, and what somebody types on the terminal is told before the next charge, until a supervisor
// has seen it. Run it on a demonstration where nobody has typed anything yet. Exit code 0 when everything held.
//
//   BASE_URL     the page's address        QR     a payable notice's QR text
//   SCREENSHOTS  a folder for pictures     CHROMIUM  the browser, /usr/bin/chromium

import { axe, Checks, csp, launch, open, ringless, scan, shot, sideways } from "./browser.mjs";

const { BASE_URL: base, QR: qr, SCREENSHOTS: folder } = process.env;
if (!base || !qr) throw new Error("BASE_URL and QR are needed");
const checks = new Checks();
const browser = await launch();
const { context, page, complaints } = await open(browser);
page.setDefaultTimeout(Number(process.env.TIMEOUT ?? 30_000));

const key = (name) => page.getByRole("button", { name, exact: true });
const settle = () => page.waitForTimeout(350); // past the time in which an Enter may be the scanner's

async function look(state) {
  for (const zoom of [1, 2]) {
    await page.setViewportSize({ width: Math.round(1366 / zoom), height: Math.round(768 / zoom) });
    if (zoom === 2) await page.locator(".simulated-said").evaluate((e) => e.scrollIntoView());
    checks.same(await axe(page), [], `panel/${state} axe at ${zoom}`);
    checks.same(await ringless(page), undefined, `panel/${state} focus ring at ${zoom}`);
    const over = await sideways(page);
    checks.that(over <= 0, `panel/${state} at ${zoom} scrolls sideways by ${over}`);
    await shot(page, folder, `panel-${zoom}00-${state}`);
  }
  await page.setViewportSize({ width: 1366, height: 768 });
}

async function enter(operator, pin) {
  await page.getByLabel("Operatore").fill(operator);
  await page.getByLabel("PIN").fill(pin);
  await page.keyboard.press("Enter");
  await page.locator("summary").click();
  await key("Tasto rosso").waitFor();
}

async function charge() {
  await settle();
  await scan(page, qr);
  await page.getByRole("heading", { name: "Avviso da incassare" }).waitFor();
  await settle();
  await page.keyboard.press("Enter"); // the panel has left the focus where it was
}

try {
  await page.goto(base);
  await enter("rossi", "1234");
  await page.getByText("PRONTO", { exact: true }).waitFor();
  await look("idle");

  await charge();
  await page.getByText("Aspetta la carta").waitFor();
  await key("Tasto rosso").click();
  await page.getByRole("heading", { name: "Non incassato" }).waitFor();
  const ended = (await page.locator(".till-work > .panel").textContent()) ?? "";
  checks.that(/annullat/i.test(ended), `the red key is told as a cancellation: ${ended}`);
  await look("cancelled");

  await page.getByLabel("Euro").fill("7,00");
  await key("Vendita a mano").click();
  await page.getByText("Vendita a mano: fatto.").waitFor();
  await charge();
  await page.getByText(/non è nel registro di questo sportello/).first().waitFor();
  await page.getByText(/Chiama un responsabile/).waitFor();
  await look("stranger");

  await page.getByRole("button", { name: "Esci" }).click();
  await enter("bianchi", "5678");
  await page.getByRole("button", { name: /Verificata/ }).click();
  await page.getByText("Verificata").waitFor({ state: "detached" });
  await charge();
  await page.getByRole("heading", { name: /^Incassato/ }).waitFor();
  await look("charged");
} catch (e) {
  checks.that(false, `panel: ${e.message.split("\n").slice(0, 4).join(" | ")}`);
  await shot(page, folder, "panel-failed");
}
// A refused charge is an answer of 409: the browser tells of it.
checks.same(complaints.filter((m) => !/status of 409/.test(m)), [], "panel console");
checks.same(await csp(page), [], "panel content security policy");
await context.close();
await browser.close();
checks.end();
