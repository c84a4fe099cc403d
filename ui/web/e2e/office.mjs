// Every state of the archive, a payment's story and its papers, the status with what is gathered for the support,
// and the help of every view, driven step by step by the stand-in service: axe, focus, screenshots in both sizes.
// SCREENSHOTS names the folder; none are written without it.

import { readFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { launch, scan } from "./browser.mjs";
import { checks, earlier, login, qr, run } from "./scenario.mjs";

const view = (page, name) => page.getByRole("navigation").getByRole("button", { name, exact: true });
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

/** old are payments of the days before, as only the archive has them. */
function old(mock, n) {
  return Array.from({ length: n }, (_, i) => {
    const at = ago(1440 * (1 + Math.floor(i / 20)) + (i % 20) * 7);
    const request = { request_id: `old-${i}`, terminal: "cassa1", notices: [{ creditor: "01199250158", number: `3020010000${String(10000000 + i).slice(0, 8)}`, expected_cents: 1000 + i }] };
    const p = mock.newPayment(request, { id: `A1-9${String(i).padStart(5, "0")}`, created_at: at, updated_at: at, state: i % 9 === 4 ? "not_charged" : "charged", has_receipt: true, receipt_number: `2026/${900 - i}`, operator: i % 2 ? "rossi" : "bianchi" });
    p.notices[0] = { ...p.notices[0], description: ["Mensa scolastica, ottobre", "TARI 2026, saldo", "Illuminazione votiva"][i % 3], ...owed[i % 40], registration: p.state === "charged" ? "registered" : "none", receipt_id: "c110729d258c4ab1b765fe902aae41d6", has_registration_receipt: true };
    if (p.state === "charged") p.charge = { stan: String(300 + i).padStart(6, "0"), online_id: "1", auth_code: "7711A2", pan: "************1234", card: "VISA", entry: "chip", action_code: "000", amount_cents: 1000 + i, host_time: at };
    return p;
  });
}

/** owed are who owed: nobody is kept of the oldest. */
const owed = [{ debtor: "Maria Verdi", debtor_tax_code: "VRDMRA85T50H501L" }, { debtor: "Società Agricola Tre Torri S.r.l. in liquidazione", debtor_tax_code: "01199250158" }];

const browser = await launch();

await run(browser, "archive", async ({ mock, url, page, look }) => {
  mock.payments = earlier(mock);
  mock.past = old(mock, 120);
  const addresses = [];
  page.on("request", (r) => addresses.push(r.url()));
  await login(page, url);
  await view(page, "Archivio").click();
  await page.getByText("124 pagamenti; qui i 50 più recenti").waitFor();
  await look("all");
  await page.getByRole("button", { name: "Mostra altri" }).click();
  await page.getByText("124 pagamenti; qui i 100 più recenti").waitFor();
  // It answers while one types: no key asks.
  const before = mock.searched.length;
  await page.getByLabel("STAN").pressSequentially("000317", { delay: 30 });
  await page.getByText("1 pagamento", { exact: true }).waitFor();
  checks.that(mock.searched.length - before <= 6, `typing six digits asked ${mock.searched.length - before} times`);
  await look("one");
  await page.getByRole("button", { name: "Azzera la ricerca" }).click();
  await page.getByLabel("Importo", { exact: true }).fill("10,1x");
  await page.getByText("Un importo in euro, per esempio 12,50.").waitFor();
  await look("wrong");
  await page.getByLabel("Importo", { exact: true }).fill("10,17");
  await page.getByText("1 pagamento", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Azzera la ricerca" }).click();
  // Days as the counter writes them, whatever the browser's language is; checked as they are typed, moved by the arrows.
  const from = page.getByLabel("Dal giorno");
  await from.pressSequentially("31/02/2026", { delay: 20 });
  await page.getByText("Un giorno come 22/11/2026.").waitFor();
  await look("noday");
  await from.fill("");
  await from.pressSequentially("22/11/2025", { delay: 20 });
  await page.getByText("124 pagamenti; qui i 50 più recenti").waitFor();
  checks.same(mock.searched.at(-1).from, "2025-11-22", "the day that was typed is asked for");
  await from.press("ArrowUp");
  checks.same(await from.inputValue(), "23/11/2025", "the arrow goes a day on");
  await look("day");
  await page.getByRole("button", { name: "Azzera la ricerca" }).click();
  checks.same(await from.inputValue(), "", "the day is gone with the search");
  await page.getByLabel("Avviso o IUV").fill("0200100001000000"); // an IUV: its notice has a digit before it
  await page.getByText("10 pagamenti").waitFor();
  checks.that("iuv" in mock.searched.at(-1), `what begins no notice is looked for as an IUV: ${JSON.stringify(mock.searched.at(-1))}`);
  await page.getByLabel("Avviso o IUV").fill("");
  await page.getByLabel("Debitore").pressSequentially("vrdmra85", { delay: 20 });
  await page.getByText("3 pagamenti", { exact: true }).waitFor();
  checks.same(await page.getByRole("cell", { name: "Maria Verdi" }).count(), 3, "the list says who owed");
  await look("debtor");
  await page.getByLabel("Debitore").fill("nessuno");
  await page.getByText("Per debitore si trovano solo i pagamenti dal 22/11/2026.").waitFor();
  await look("nobody");
  await page.getByLabel("Debitore").fill("");
  await page.getByText("124 pagamenti; qui i 50 più recenti").waitFor();
  await page.getByLabel("Esito").selectOption({ label: "Rifiutato" });
  await page.getByText("Nessun pagamento corrisponde.").waitFor();
  checks.same(mock.searched.at(-1).registration, "rejected", "what became of the registration is asked for, too");
  await page.getByLabel("Esito").selectOption({ label: "Non incassato" });
  await page.getByLabel("Operatore").fill("bianchi");
  const theirs = mock.past.filter((p) => p.state === "not_charged" && p.operator === "bianchi").length;
  await page.getByText(`${theirs} pagamenti`, { exact: true }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Salva l’elenco (CSV)" }).click()]);
  checks.same(download.suggestedFilename(), "pagamenti.csv", "the list's file");
  const rows = (await readFile(await download.path(), "utf8")).split("\r\n").length - 1;
  checks.same(rows, await page.locator("[data-payment]").count(), "the file has what is listed");
  await page.getByText("Salvato: pagamenti.csv").first().waitFor();
  await page.getByLabel("STAN").fill("1");
  await page.getByText("Nessun pagamento corrisponde.").waitFor();
  await look("none");
  checks.that(!/302|bianchi/.test(page.url()) && !/302001|vrdmra|nessuno/i.test(addresses.join()), "nothing of a search is in an address");
  // From a result to its story, and back to the same search.
  await page.getByLabel("STAN").fill("");
  await page.getByRole("button", { name: /^Storia del pagamento/ }).first().click();
  await page.getByRole("heading", { name: /^Pagamento di/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Archivio", exact: true }).waitFor();
  await checks.soon(() => page.getByLabel("Operatore").inputValue(), "bianchi", "the search is still there");
  // The service goes: what is known stays, and it says so.
  mock.answers["GET payments"] = undefined;
  await scan(page, qr);
  await page.getByRole("heading", { name: /^Avviso/ }).waitFor();
  checks.same(mock.requests.length, 0, "a scan over a search charges nothing");
});

await run(browser, "papers", async ({ mock, url, page, look }) => {
  mock.past = old(mock, 3);
  const id = mock.past[0].id;
  mock.more = { printer: { light: "ready", waiting: 0 } };
  mock.papers[`GET payments/${id}/attestation`] = { file: "%PDF-1.4 attestation", type: "application/pdf", name: `attestazione-${id}.pdf` };
  await login(page, url);
  await view(page, "Archivio").click();
  await page.getByRole("button", { name: /^Storia del pagamento/ }).first().click();
  await page.getByText("Inviato al terminale").waitFor();
  await page.getByRole("button", { name: "Attestazione (PDF)" }).waitFor();
  await look("story");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Attestazione (PDF)" }).click()]);
  checks.same(download.suggestedFilename(), `attestazione-${id}.pdf`, "the attestation's file");
  mock.answers[`POST payments/${id}/print`] = { payment_id: id, what: "slip", done: true, printer: { light: "ready", waiting: 0 } };
  await page.getByRole("button", { name: "Ristampa lo scontrino" }).click();
  await page.getByText("Stampato.").first().waitFor();
  checks.same(mock.decisions.at(-1).what, "slip", "what is printed");
  mock.answers[`POST payments/${id}/print`] = { status: 409, error: { code: "printer_paper", message: "La stampante ha finito la carta.", hint: "Metterne un rotolo: il resto si stampa da solo." } };
  mock.emit("printer", { light: "not_ready", waiting: 1, reason: { code: "printer_paper", text: "La stampante ha finito la carta.", hint: "Metterne un rotolo." } });
  await page.getByRole("button", { name: "Stampa l’attestazione" }).click();
  await page.getByText("il resto si stampa da solo").waitFor();
  await page.getByText("1 foglio in attesa della stampante.").waitFor();
  await look("printer");
});

await run(browser, "status", async ({ mock, url, page, look }) => {
  mock.payments = earlier(mock);
  mock.terminals = [{ name: "cassa1", label: "Cassa 1", light: "ready", passport: { terminal_id: "12345678", software: "NEXI 4.12", scope: "stx", supports: "", clock_offset_s: 0, totals_before: true, at: ago(9000) } }];
  mock.more = { printer: { light: "ready", waiting: 0 }, queue: { depth: 2, late: 0, red: 0, watched: 0, away: false, draining: false, done: 0, total: 0 } };
  await login(page, url);
  await view(page, "Stato").click();
  await page.locator(".status-word").getByText("Pronto", { exact: true }).waitFor();
  await look("ready");
  mock.answers["POST terminals/cassa1/status"] = { terminal: mock.terminals[0], text: "Pronto, collegato." };
  await page.getByRole("button", { name: "Prova adesso" }).click();
  await page.getByText("Pronto, collegato.").waitFor();
  mock.terminal({ light: "not_ready", reason: { code: "terminal_unreachable", text: "Il terminale non risponde in rete.", hint: "Controllare che sia acceso e collegato." } });
  mock.platform = { light: "not_ready", reason: { code: "platform_password", text: "La piattaforma rifiuta la parola chiave.", hint: "Chiamare l’assistenza con questo codice." } };
  mock.emit("platform", mock.platform);
  await page.locator(".status-word").getByText("Non pronto: Cassa 1, Piattaforma").waitFor();
  await look("notready");
  // What is gathered is a supervisor's; before the service can do it, the page says so.
  checks.that(await page.getByRole("button", { name: "Prepara la raccolta" }).isDisabled(), "a clerk alone gathers nothing");
  const sign = async () => {
    await page.getByLabel("Codice di chi firma").fill("bianchi");
    await page.getByLabel("PIN di chi firma").fill("1234");
    await page.getByRole("button", { name: "Prepara la raccolta" }).click();
  };
  await sign();
  await page.getByText("non prepara ancora la raccolta").waitFor();
  await look("nobundle");
  const text = ["Sportello POS, raccolta per l'assistenza", "", ...Array.from({ length: 60 }, (_, i) => `riga ${i + 1}: terminale cassa1 tcp://192.168.1.50:10000, pan ************1234`)].join("\n");
  const sum = createHash("sha256").update(text).digest("hex");
  mock.papers["GET bundle"] = { file: text, type: "text/plain; charset=utf-8", name: "bundle", headers: { "X-Sportello-Sha256": sum } };
  await sign();
  await page.getByText(sum).waitFor();
  await page.getByText("riga 60").first().waitFor();
  await look("bundle");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Salva", exact: true }).click()]);
  checks.same(createHash("sha256").update(await readFile(await download.path())).digest("hex"), sum, "what is saved has the hash that is shown");
  checks.that(/^sportello-\d{4}-\d\d-\d\d-\d\d-\d\d\.txt$/.test(download.suggestedFilename()), `the bundle's file: ${download.suggestedFilename()}`);
  checks.same(await page.getByText("non ha questa impronta").count(), 0, "the hash holds");
  await view(page, "Cassa").click();
  await view(page, "Stato").click();
  await checks.soon(() => page.getByText(sum).count(), 0, "it does not stay on the screen");
  mock.papers["GET bundle"].headers = { "X-Sportello-Sha256": "0".repeat(64) };
  await sign();
  await page.getByText("non ha questa impronta").waitFor();
});

// A ledger from a copy charges nothing: every view says so, and the status what is missing and who does what.
await run(browser, "restored", async ({ mock, url, page, look }) => {
  const gap = { code: "restore_gap", text: "Il registro viene da una copia e il terminale Cassa 1 ha lavorato dopo: STAN 000131, 42,50 €. Per ora non si incassa.", hint: "Un responsabile riporti gli incassi dagli scontrini (sportello restore add); poi due persone chiudono il caso." };
  const unread = { code: "restore_terminals", text: "Il registro viene da una copia e il terminale Cassa 1 non è ancora stato letto: per ora non si incassa.", hint: "Accendere e collegare il terminale: la lettura riparte da sola." };
  mock.terminals = [{ name: "cassa1", label: "Cassa 1", light: "not_ready", reason: unread }, { name: "cassa2", label: "Cassa 2", light: "not_ready", reason: unread }];
  mock.restore = { open: false, reason: unread, case: "A1-C-00000001", since: ago(180), retired: ["A0"], terminals: [{ name: "cassa1", read: false, same: false }, { name: "cassa2", read: true, same: true, found: "STAN 000090" }] };
  mock.cases = [{ id: "A1-C-00000002", terminal: "cassa1", cause: gap, owner: "supervisor", opened: ago(5), seq: 12, needs_two: true, evidence: "Il terminale cassa1 ricorda: STAN 000131, 42,50 €." }];
  await login(page, url);
  await page.getByRole("heading", { name: "Per ora non si incassa" }).waitFor();
  await look("till");
  await scan(page, qr);
  await page.getByRole("heading", { name: /^Avviso/ }).waitFor();
  checks.that(await page.getByRole("button", { name: /Incassa/ }).isDisabled(), "nothing is charged with a ledger that was not compared");
  await page.getByRole("banner").getByRole("button", { name: "Stato" }).click();
  await page.locator(".status-word").getByText("Non pronto: Registro").waitFor();
  await page.getByText("non ancora letto. Accenderlo e collegarlo").waitFor();
  await look("unread");
  mock.restore = { ...mock.restore, reason: gap, terminals: [{ name: "cassa1", read: true, same: false, found: "STAN 000131, 42,50 €", case: "A1-C-00000002" }, mock.restore.terminals[1]], platform: { at: ago(1), receipts: 12, unknown: [{ creditor: "01199250158", number: "302001000000000142", iuv: "02001000000000142", amount_cents: 4250, paid_at: ago(120) }] } };
  mock.terminal({ reason: gap });
  await page.getByText("lette 12 ricevute dopo la copia").waitFor();
  await page.getByText("1 ricevuta non è nel registro").click();
  await page.getByText("3020 0100 0000 0001 42").waitFor();
  await look("gap");
  await page.getByRole("button", { name: "Vai al caso A1-C-00000002" }).click();
  await page.getByText("Il terminale cassa1 ricorda").waitFor();
  mock.restore = { open: true, terminals: [] };
  mock.terminal({ light: "ready", reason: undefined });
  await page.locator(".banner").waitFor({ state: "detached" });
  await page.getByRole("navigation").getByRole("button", { name: "Cassa", exact: true }).click();
  await page.getByRole("button", { name: /Incassa/ }).waitFor();
  checks.that(await page.getByRole("button", { name: /Incassa/ }).isEnabled(), "it charges again by itself");
});

await run(browser, "help", async ({ mock, url, page, look }) => {
  mock.payments = earlier(mock);
  // Also before anybody has signed in.
  await page.goto(url);
  await page.getByLabel("PIN").focus();
  await page.keyboard.press("F1");
  await page.getByText("PIN dimenticato").waitFor();
  await look("signin");
  await page.keyboard.press("Escape");
  await page.getByText("PIN dimenticato").waitFor({ state: "detached" });
  checks.same(await page.evaluate(() => document.activeElement?.id), "pin", "the focus is back where it was");
  await login(page, url);
  await page.keyboard.press("F1");
  await page.getByRole("heading", { name: "Aiuto: Cassa" }).waitFor();
  await page.getByText("Una lettura, un tasto.").waitFor();
  await checks.soon(() => page.evaluate(() => document.activeElement?.id), "help-title", "the help has the focus");
  await look("till");
  // A scan works beside it, and charges nothing.
  await scan(page, qr);
  await page.getByRole("heading", { name: /^Avviso/ }).waitFor();
  checks.same(mock.requests.length, 0, "a scan beside the help charges nothing");
  await page.keyboard.press("Escape");
  await checks.soon(() => page.getByRole("complementary").count(), 0, "Esc puts the help away first");
  await page.getByRole("heading", { name: /^Avviso/ }).waitFor();
  await page.keyboard.press("Escape");
  for (const name of ["Debitore", "Spontanei", "Archivio", "Da verificare", "Casi", "Coda", "Chiusura", "Stato"]) {
    await view(page, name).click();
    await page.getByRole("heading", { name, exact: true }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: `Aiuto: ${name}` }).waitFor();
    await page.locator(".help p").first().waitFor();
    await look(name.toLowerCase().replaceAll(" ", ""));
    await page.keyboard.press("?");
    await page.getByRole("complementary").waitFor({ state: "detached" });
  }
  // Where a question mark is written it is one.
  await view(page, "Archivio").click();
  await page.getByLabel("Operatore").pressSequentially("?");
  checks.same(await page.getByRole("complementary").count(), 0, "a question mark in a text is no key");
  await checks.soon(() => page.getByLabel("Operatore").inputValue(), "?", "and is written");
});

// The same in German: nothing is left in Italian, in the help neither.
await run(browser, "germanoffice", async ({ mock, url, page, look }) => {
  mock.language = "de";
  mock.past = old(mock, 60);
  for (const p of mock.past) p.notices[0].description = "Grundsteuer 2026";
  mock.more = { printer: { light: "ready", waiting: 2 } };
  mock.papers["GET reports/day"] = report();
  await page.goto(url);
  await page.getByLabel("Bediener").fill("bianchi");
  await page.getByLabel("PIN").fill("1234");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sperren" }).waitFor();
  for (const [name, shown] of [["Archiv", "60 Zahlungen"], ["Abschluss", "Tagesbericht"], ["Zustand", "Bereit"]]) {
    await view(page, name).click();
    await page.getByText(shown).first().waitFor();
    await page.keyboard.press("F1");
    await page.getByRole("heading", { name: `Hilfe: ${name}` }).waitFor();
    await page.locator(".help p").first().waitFor();
    await look(name.toLowerCase());
    const left = await page.evaluate(() => document.body.innerText.match(/\b(avviso|pagamento|registrato|della|sono|nessun\w*|incassi)\b/gi));
    checks.same(left, null, `${name}: nothing is left in Italian`);
    await page.keyboard.press("Escape");
  }
});

function report() {
  const sum = (count, cents) => ({ count, cents });
  const figures = (cents) => ({ charged: sum(3, cents), reversed: sum(1, 1500), net_cents: cents - 1500, unknown: sum(0, 0), not_charged: sum(1, 1250), registered: sum(2, cents - 800), awaiting: sum(1, 800), held: sum(0, 0), closed: sum(0, 0) });
  return {
    day: new Date().toISOString().slice(0, 10), installation: "A1", made_at: ago(0), ledger_head: "00", ledger_entries: 40, first_receipt: "2026/31", last_receipt: "2026/34", totals: figures(18349),
    operators: [{ key: "rossi", label: "rossi", figures: figures(11000) }, { key: "bianchi", label: "bianchi", figures: figures(7349) }],
    terminals: [{ key: "cassa1", label: "Cassa 1", figures: figures(18349) }], creditors: [], difference_cents: 0, cases_opened: 0, cases_ended: 0, cases_open: [], lines: [],
  };
}

await run(browser, "dayreport", async ({ mock, url, page, look }) => {
  mock.payments = earlier(mock);
  mock.papers["GET reports/day"] = (query) => (query.get("format") ? { file: "%PDF-1.4", type: "application/pdf", name: "riepilogo.pdf" } : report());
  await login(page, url);
  await view(page, "Chiusura").click();
  await page.getByText("Ricevute del").waitFor();
  await page.getByRole("heading", { name: "Riepilogo del giorno" }).evaluate((e) => e.scrollIntoView());
  await look("shown");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Salva il riepilogo (PDF)" }).click()]);
  checks.same(download.suggestedFilename(), "riepilogo.pdf", "the day's file");
});

await browser.close();
checks.end();
