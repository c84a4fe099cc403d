// The clerk at the counter, in a real browser, through the real service and simulated ends: what one scan and one
// key do, and everything that can come between. The bank's own file says at the end what was really charged.
// SCREENSHOTS names a folder; ONLY one of the tests; PATIENCE milliseconds a step.

import { axe, Checks, csp, launch, open, ringless, scan, shot, sideways } from "./browser.mjs";
import { noticeOf, qrOf, start } from "./service.mjs";

const folder = process.env.SCREENSHOTS;
const patience = Number(process.env.PATIENCE ?? 60_000);
const checks = new Checks();
const browser = await launch();

const settle = (page) => page.waitForTimeout(350); // past the time in which an Enter may be the scanner's
const heading = (page, name) => page.getByRole("heading", { name }).first().waitFor();

async function enter(page, url, operator = "rossi") {
  await page.goto(url);
  await page.locator("#operator").fill(operator);
  await page.locator("#pin").fill("1234");
  await page.keyboard.press("Enter");
  await page.locator("#work-title").waitFor();
}

/** counted notes in the page every key and every click that a person makes: a scan's own keys never get that far. */
async function counted(page) {
  await page.evaluate(() => {
    globalThis.acts = [];
    document.addEventListener("keydown", (e) => e.key.length > 1 && e.key !== "Shift" && globalThis.acts.push(e.key));
    document.addEventListener("click", () => globalThis.acts.push("click"), true);
  });
}
const acts = (page) => page.evaluate(() => globalThis.acts);

const tests = [];

/** test does one thing with a service of its own; two are at work at a time, since each waits for much. */
function test(name, options, body) {
  if (!process.env.ONLY || process.env.ONLY === name) tests.push(() => run(name, options, body));
}

async function run(name, options, body) {
  const began = Date.now();
  const service = await start(options);
  const { context, page, complaints } = await open(browser);
  page.setDefaultTimeout(patience);
  const look = async (state, of = page) => {
    for (const zoom of [1, 2]) {
      await of.setViewportSize({ width: Math.round(1366 / zoom), height: Math.round(768 / zoom) });
      checks.same(await axe(of), [], `${name}/${state} axe at ${zoom}`);
      checks.same(await ringless(of), undefined, `${name}/${state} focus ring at ${zoom}`);
      const over = await sideways(of);
      checks.that(over <= 0, `${name}/${state} at ${zoom} scrolls sideways by ${over}`);
      await shot(of, folder, `till-${name}-${zoom}00-${state}`);
    }
    await of.setViewportSize({ width: 1366, height: 768 });
  };
  try {
    await enter(page, service.url);
    await body({ service, page, look, context });
    const r = service.check();
    checks.that(r.status === 0, `${name}: the ledger is sound: ${r.stdout}${r.stderr}`);
  } catch (e) {
    checks.that(false, `${name}: ${e.message.split("\n").slice(0, 4).join(" | ")}`);
    await shot(page, folder, `till-${name}-FAILED`);
    if (process.env.LOGS) console.error(service.logs.join(""));
  }
  checks.same(complaints.filter((m) => !/status of (4|5)\d\d/.test(m)), [], `${name} console`);
  checks.same(await csp(page).catch(() => []), [], `${name} content security policy`);
  await context.close();
  await service.stop();
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

/** debt scans the nth notice and waits until it may be charged. */
async function debt(page, n, cents = 1000 + n) {
  await settle(page);
  await scan(page, qrOf(n, cents));
  await heading(page, "Avviso da incassare");
  await settle(page);
}

/** gather scans notices one after another into the cart. */
async function gather(page, notices) {
  for (const [i, n] of notices.entries()) {
    await settle(page);
    await scan(page, qrOf(n, 1000 + n));
    await heading(page, i === 0 ? "Avviso da incassare" : `Nel carrello ci sono ${i + 1} avvisi`);
    await page.getByText("Cerco l’avviso…").waitFor({ state: "detached" });
  }
  await settle(page);
}

async function charges(page) {
  await page.keyboard.press("Enter");
  await heading(page, /^Incassato/);
}

async function registered(page) {
  await page.locator('[data-fact="registered"]').waitFor();
}

const cents = async (service) => (await service.charges()).map((d) => d.amount_cents);

test("payment", {}, async ({ service, page, look }) => {
  await look("ready");
  await counted(page);
  await debt(page, 1);
  await look("debt");
  await page.evaluate(() => (globalThis.acts.length = 0)); // looking at it, axe moved nothing, but resizing may
  await settle(page);
  await scan(page, qrOf(1, 1001)); // the scan is counted, too
  await settle(page);
  await charges(page);
  await registered(page);
  checks.same(await acts(page), ["Enter"], "a payment is one scan and one key, and no click");
  await look("registered");
  // What a scanner with the wrong keyboard layout makes of the next one: separators, capitals, both.
  for (const [n, code] of [[2, qrOf(2, 1002).replaceAll("|", "§")], [3, qrOf(3, 1003).replaceAll("|", "~").toLowerCase()]]) {
    await settle(page);
    await scan(page, code);
    await heading(page, "Avviso da incassare");
    const facts = (await page.locator(".till-work .facts").textContent()) ?? "";
    checks.that(facts.replace(/\s/g, "").includes(noticeOf(n)), `the notice is read through the wrong layout: ${facts}`);
    await look(`layout${n}`);
    await settle(page);
    await charges(page);
    await registered(page);
  }
  checks.same(await cents(service), [1001, 1002, 1003], "what the bank took");
});

test("declined", { faults: [{ on: "X", nth: 1, fault: "decline", code: "116" }] }, async ({ service, page, look }) => {
  await counted(page);
  await debt(page, 1);
  await page.keyboard.press("Enter");
  await heading(page, /^Non incassato/);
  await look("declined");
  await settle(page);
  await charges(page); // one key for another card
  checks.same((await acts(page)).filter((a) => a === "Enter" || a === "click"), ["Enter", "Enter"], "another card is one key");
  await registered(page);
  await look("othercard");
  checks.same(await cents(service), [1001], "charged once");
});

// The line is cut after the bank has said yes; nobody else uses this terminal, so its own word decides.
test("resolves", { faults: [{ on: "X", nth: 1, fault: "cut_after_auth" }, { on: "G", after: "X", nth: 1, times: 2, fault: "silent" }] }, async ({ service, page, look }) => {
  await debt(page, 1);
  await page.keyboard.press("Enter");
  await heading(page, "Esito non noto: non far ripagare");
  await page.getByText(/Se non si sa entro 15 minuti/).waitFor();
  await look("unknown");
  await settle(page);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await heading(page, /^Incassato/); // by itself
  await registered(page);
  await look("resolved");
  checks.same(await cents(service), [1001], "charged once");
});

test("midway", { manual: true }, async ({ service, page, look, context }) => {
  await debt(page, 1);
  await page.keyboard.press("Enter");
  await page.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  await look("card");
  await page.reload();
  await page.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  checks.same(await page.getByText("Qui si guarda soltanto").count(), 0, "a reloaded window keeps the pen");
  // A second window sees it all, and may ask for the pen; nobody charges twice.
  const second = await context.newPage();
  second.setDefaultTimeout(patience);
  await enter(second, service.url);
  await second.getByText("Qui si guarda soltanto").waitFor();
  await second.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  await look("second", second);
  await scan(second, qrOf(2, 1002));
  await second.locator("#scan-hint").getByText("Lettura ignorata").waitFor();
  // The first one sleeps; the citizen goes on.
  const line = await context.newCDPSession(page);
  await line.send("Page.setWebLifecycleState", { state: "frozen" });
  await service.press({ key: "card" });
  await heading(second, "Incassato 10,01");
  await line.send("Page.setWebLifecycleState", { state: "active" });
  await heading(page, "Incassato 10,01");
  await registered(page);
  // Locked in the middle, by one key: the payment goes on by itself, and the other window may charge.
  await debt(page, 2);
  await page.keyboard.press("Enter");
  await page.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  await page.keyboard.press("F9");
  await heading(page, "Sportello bloccato");
  await look("locked");
  await second.getByText("Qui si guarda soltanto").waitFor({ state: "detached" });
  await service.press({ key: "card" });
  await heading(second, "Incassato 10,02");
  await page.locator("#pin").fill("1234");
  await page.keyboard.press("Enter");
  await heading(page, "Incassato 10,02");
  await page.getByText("Qui si guarda soltanto").waitFor();
  await look("onlooker");
  await page.keyboard.press("F4");
  await page.getByText("Qui si guarda soltanto").waitFor({ state: "detached" });
  await second.getByText("Qui si guarda soltanto").waitFor();
  await second.close();
  await registered(page);
  // A window that is closed in the middle of a payment.
  await debt(page, 3);
  await page.keyboard.press("Enter");
  await page.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  const third = await context.newPage();
  third.setDefaultTimeout(patience);
  await page.close();
  await enter(third, service.url);
  await third.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  await service.press({ key: "card" });
  await heading(third, "Incassato 10,03");
  checks.same(await cents(service), [1001, 1002, 1003], "each charged once");
});

test("confirmation", {}, async ({ service, page, look }) => {
  await settle(page);
  await scan(page, qrOf(1, 900)); // printed when it was less
  const accept = page.getByRole("button", { name: /Il cittadino accetta 10,01/ });
  await accept.waitFor();
  await look("ask");
  await accept.focus();
  await scan(page, qrOf(1, 900)); // its Enter accepts nothing, and charges nothing
  await accept.waitFor();
  await settle(page);
  checks.same(await page.getByRole("button", { name: /^Incassa 10,01/ }).count(), 0, "a scanner's Enter accepts nothing");
  await page.keyboard.press("Enter");
  const charge = page.getByRole("button", { name: /^Incassa 10,01/ });
  await charge.waitFor();
  await charge.focus();
  await scan(page, qrOf(2, 1002)); // another notice joins the cart instead
  await heading(page, "Nel carrello ci sono 2 avvisi");
  await settle(page);
  checks.same(await cents(service), [], "no scan has charged anything");
  await look("two");
});

test("together", { together: true }, async ({ service, page, look }) => {
  await gather(page, [1, 2, 3, 4, 5]);
  await page.getByText("Una sola transazione su Cassa 1.").waitFor();
  await look("five");
  await scan(page, qrOf(6, 1006));
  await page.locator("#scan-hint").getByText("già cinque").waitFor();
  // One out by key, and in again.
  await page.keyboard.press("ArrowUp");
  await look("marked");
  await page.keyboard.press("Delete");
  await heading(page, "Nel carrello ci sono 4 avvisi");
  await checks.soon(async () => ((await page.locator(".cart-lines").textContent()) ?? "").includes(noticeOf(4).slice(-4)), false, "the marked one is out");
  await settle(page);
  await scan(page, qrOf(4, 1004));
  await heading(page, "Nel carrello ci sono 5 avvisi");
  await page.getByText("Cerco l’avviso…").waitFor({ state: "detached" });
  await page.reload();
  await heading(page, "Nel carrello ci sono 5 avvisi"); // looked up again
  await page.getByText("Cerco l’avviso…").first().waitFor({ state: "detached" });
  await page.locator(".cart-amount").nth(4).waitFor();
  await settle(page);
  await counted(page);
  await charges(page);
  checks.same(await acts(page), ["Enter"], "five notices are one key");
  await registered(page);
  await look("charged");
  checks.same(await cents(service), [1001 + 1002 + 1003 + 1004 + 1005], "five notices are one charge");
});

test("apart", { second: true, receiptDelay: "200ms", faults: [{ on: "X", nth: 4, fault: "decline", code: "116" }] }, async ({ service, page, look }) => {
  await debt(page, 6);
  await charges(page);
  await registered(page); // the terminal is proven
  await gather(page, [1, 2, 3, 4, 5]);
  await page.getByText("5 transazioni su Cassa 1, una dopo l’altra").waitFor();
  await look("five");
  await counted(page);
  await charges(page);
  const next = page.getByRole("button", { name: /^Incassa il prossimo: 10,02/ });
  await next.waitFor();
  await page.locator('[data-fact="registered"]').waitFor();
  await look("next");
  checks.same(await cents(service), [1006, 1001], "nothing is charged by itself");
  await settle(page);
  await page.keyboard.press("Enter");
  await heading(page, "Incassato 10,02");
  await settle(page);
  await page.locator(".run-part .btn-success:enabled").waitFor();
  await page.keyboard.press("Enter"); // the fourth charge of this terminal is declined
  await heading(page, /^Non incassato/);
  await look("declined");
  await page.keyboard.press("Escape"); // the citizen has no other card: what is charged stays told
  await heading(page, "Nel carrello ci sono 3 avvisi");
  await page.locator(".run").getByText("Incassato").nth(1).waitFor();
  await page.locator(".cart-amount").nth(2).waitFor();
  await look("stopped");
  await page.keyboard.press("F2"); // and at the other terminal it goes on
  await page.getByText("su Cassa 2").waitFor();
  await settle(page);
  await charges(page);
  checks.same((await cents(service)).toSorted(), [1001, 1002, 1003, 1006], "each charged once");
  checks.same((await acts(page)).filter((a) => a === "click"), [], "all of it without the mouse");
  await look("goeson");
});

test("lockednotice", {}, async ({ service, page, look }) => {
  await debt(page, 1);
  await charges(page);
  await registered(page);
  await gather(page, [2]);
  await scan(page, qrOf(1, 1001)); // it is paid
  await page.getByText(/Un avviso non si può incassare/).first().waitFor();
  await look("deadline");
  await settle(page);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(200);
  checks.same(await cents(service), [1001], "nothing is charged past a notice that cannot be");
  await page.keyboard.press("Delete");
  await heading(page, "Avviso da incassare");
  await settle(page);
  await charges(page);
  checks.same(await cents(service), [1001, 1002], "and then the other");
});

test("sounds", {}, async ({ page, context, service }) => {
  await page.getByRole("button", { name: "Suoni accesi" }).click();
  await page.getByRole("button", { name: "Suoni spenti" }).waitFor();
  const stored = await page.evaluate(() => JSON.stringify(localStorage));
  checks.same(stored, '{"sportello.silent":"yes"}', "all that this PC remembers");
  const later = await context.newPage();
  await enter(later, service.url);
  await later.getByRole("button", { name: "Suoni spenti" }).click();
  await later.getByRole("button", { name: "Suoni accesi" }).waitFor();
  checks.same(await later.evaluate(() => localStorage.length), 0, "and forgets it again");
});

// Every view in German, from a service that is set to it.
test("german", { language: "de", together: true }, async ({ page, look }) => {
  const left = async (what) => {
    const found = await page.evaluate(() => document.body.innerText.match(/\b(avviso|avvisi|pagamento|pagamenti|registrat[oa]|sono|nessun\w*|incassa\w*|carrello)\b/gi));
    checks.same(found, null, `${what}: nothing is left in Italian`);
  };
  await page.getByRole("button", { name: /^Sperren/ }).waitFor();
  await left("ready");
  await scan(page, qrOf(1, 1001));
  await heading(page, "Zu kassierender Bescheid");
  await settle(page);
  await scan(page, qrOf(2, 1002));
  await heading(page, "2 Bescheide im Korb");
  await page.locator(".cart-amount").nth(1).waitFor();
  await look("cart");
  await left("cart");
  await settle(page);
  await page.keyboard.press("Enter");
  await page.locator('[data-fact="registered"]').waitFor();
  await look("registered");
  const tabs = page.getByRole("navigation").getByRole("button");
  for (let i = 1; i < (await tabs.count()); i++) {
    const name = ((await tabs.nth(i).textContent()) ?? "").toLowerCase().replace("ä", "ae").replace("ü", "ue").replace(/[^a-z]/g, "");
    await tabs.nth(i).click();
    await page.locator(".view-title").first().waitFor();
    await look(name);
    await left(name);
  }
});

const work = async () => {
  for (let next = tests.shift(); next; next = tests.shift()) await next();
};
await Promise.all([work(), work()]);
await browser.close();
checks.end();
