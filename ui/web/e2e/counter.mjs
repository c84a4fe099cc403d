// What people do beside the counter, in a real browser, through the real service and simulated ends: an
// unknown that two people resolve, a closing that differs and its case, a reversal, the platform away and back
// with an offline period, a debtor's notices and a payment without one. The bank's own file says at the end
// what was really charged. SCREENSHOTS names a folder; ONLY one of the tests; PATIENCE milliseconds a step.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { axe, Checks, csp, launch, open, ringless, scan, shot, sideways } from "./browser.mjs";
import { noticeOf, qrOf, start } from "./service.mjs";

const folder = process.env.SCREENSHOTS;
const patience = Number(process.env.PATIENCE ?? 60_000);
const checks = new Checks();
const browser = await launch();

const view = (page, name) => page.getByRole("navigation").getByRole("button", { name });
const settle = (page) => page.waitForTimeout(350); // past the time in which an Enter may be the scanner's

/** run does one test with a service of its own. */
async function run(name, options, test) {
  if (process.env.ONLY && process.env.ONLY !== name) return;
  const service = await start(options);
  const { context, page, complaints } = await open(browser);
  page.setDefaultTimeout(patience);
  const look = async (state) => {
    for (const zoom of [1, 2]) {
      await page.setViewportSize({ width: Math.round(1366 / zoom), height: Math.round(768 / zoom) });
      checks.same(await axe(page), [], `${name}/${state} axe at ${zoom}`);
      checks.same(await ringless(page), undefined, `${name}/${state} focus ring at ${zoom}`);
      const over = await sideways(page);
      checks.that(over <= 0, `${name}/${state} at ${zoom} scrolls sideways by ${over}`);
      await shot(page, folder, `${name}-${zoom}00-${state}`);
    }
    await page.setViewportSize({ width: 1366, height: 768 });
  };
  try {
    await page.goto(service.url);
    await page.getByLabel("Operatore").fill(options.operator ?? "rossi");
    await page.getByLabel("PIN").fill("1234");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Pronto per il prossimo avviso" }).waitFor();
    await test({ service, page, look });
    const r = service.check();
    checks.that(r.status === 0, `${name}: the ledger is sound: ${r.stdout}${r.stderr}`);
  } catch (e) {
    checks.that(false, `${name}: ${e.message.split("\n").slice(0, 4).join(" | ")}`);
    await shot(page, folder, `${name}-FAILED`);
    console.error(await page.locator("body").innerText().catch(() => "no page")); // what the clerk saw
    if (process.env.LOGS) console.error(service.logs.join(""));
  }
  checks.same(complaints.filter((m) => !/status of (4|5)\d\d/.test(m)), [], `${name} console`);
  checks.same(await csp(page).catch(() => []), [], `${name} content security policy`);
  await context.close();
  await service.stop();
}

/** debt scans the nth notice and waits until it may be charged. */
async function debt(page, n) {
  await settle(page);
  await scan(page, qrOf(n, 1000 + n));
  await page.getByRole("heading", { name: "Avviso da incassare" }).waitFor();
  await settle(page);
}

/** pays takes the nth notice to its end, and waits for the receipt. */
async function pays(page, n) {
  await debt(page, n);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Incassato/ }).waitFor();
  await page.locator('[data-fact="registered"]').waitFor();
}

async function signs(page, operator = "bianchi") {
  await page.getByLabel("Codice di chi firma").fill(operator);
  await page.getByLabel("PIN di chi firma").fill("1234");
}

// The line is cut after the bank has said yes; on a terminal that others use, too, evidence does not decide.
await run("unknown", { exclusivity: "shared", receiptDelay: "5s", faults: [{ on: "X", nth: 2, fault: "cut_after_auth" }] }, async ({ service, page, look }) => {
  await pays(page, 1);
  await debt(page, 2);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Esito non noto/ }).waitFor();
  await service.away(true); // no receipt bears witness
  await page.getByRole("button", { name: "Vai a Da verificare" }).click();
  await page.getByRole("heading", { name: "Da verificare" }).waitFor();
  await page.getByRole("button", { name: "Registra la risposta" }).waitFor(); // when the terminal has been asked enough
  await look("question");
  // While it is being asked something the page waits and asks again by itself; if that does not do, whoever frees it presses again.
  const free = page.getByRole("button", { name: "Libera il terminale" });
  const freed = page.getByText(/libero: incassa altri avvisi/);
  for (const end = Date.now() + patience; Date.now() < end && !(await freed.count()); await settle(page)) await free.click({ timeout: 1000 }).catch(() => undefined);
  await freed.waitFor();
  await page.getByLabel("Negata o annullata").check();
  await page.getByRole("button", { name: "Registra la risposta" }).click();
  await page.getByText(/Maria Rossi ha risposto|tra \d+ secondi/).first().waitFor();
  if (await page.getByText(/tra \d+ secondi/).count()) {
    await look("early");
    await page.waitForTimeout(7000); // the terminal's quiet time of this service
    await page.getByRole("button", { name: "Registra la risposta" }).click();
    await page.getByText(/Maria Rossi ha risposto/).waitFor();
  }
  await look("own");
  // The clerk thinks again, looks at the slip, and answers otherwise.
  await page.getByRole("button", { name: "Ritiro la mia risposta" }).click();
  await page.getByLabel("Eseguita", { exact: true }).check();
  const evidence = (await page.locator(".evidence").textContent()) ?? "";
  const stan = /STAN (\d{6})/.exec(evidence)?.[1] ?? "";
  checks.that(stan !== "", `the evidence shows the terminal's last operation: ${evidence}`);
  await page.getByLabel(/^STAN/).fill(stan);
  await page.getByLabel("Che cosa hai visto, e dove").fill("Scontrino in mano al cittadino");
  await page.getByRole("button", { name: "Registra la risposta" }).click();
  await page.getByText(/Manca una firma\.|Nessun pagamento da verificare/).first().waitFor();
  if (await page.getByLabel("Codice di chi firma").count()) {
    await signs(page, "rossi");
    await page.getByRole("button", { name: "Confermo" }).click();
    await page.getByRole("alert").filter({ hasText: /./ }).first().waitFor(); // not the same person, and no supervisor
    await look("refused");
    await signs(page);
    await page.getByRole("button", { name: "Confermo" }).click();
  }
  await page.getByText("Nessun pagamento da verificare").waitFor();
  await service.away(false);
  await view(page, "Cassa").click();
  const row = page.locator("tr[data-payment]").filter({ hasText: noticeOf(2).slice(-2) }).first();
  await row.getByText("Registrato").waitFor(); // by itself, from the platform's receipt
  await row.getByRole("button", { name: /Dettagli/ }).click();
  await page.locator(".detail").getByRole("button", { name: "Storia del pagamento" }).click();
  await page.locator(".steps").getByText(/da Maria Rossi, Paolo Bianchi/).waitFor();
  await look("story");
  checks.same((await service.charges()).length, 2, "unknown: the bank charged twice, for two notices");
});

await run("closing", { exclusivity: "manual", operator: "bianchi" }, async ({ service, page, look }) => {
  await pays(page, 1);
  await view(page, "Chiusura").click();
  await page.getByRole("button", { name: "Leggi i totali" }).click();
  await page.getByText("I totali coincidono").waitFor();
  await look("totals");
  await service.press({ key: "manual_sale", cents: 777 });
  await page.getByRole("button", { name: /Chiudi la sessione…/ }).click();
  await page.getByLabel(/Nessun cittadino sta pagando/).check();
  await page.getByRole("button", { name: "Chiudi la sessione", exact: true }).click();
  await page.getByText("Sessione chiusa").waitFor();
  await page.getByRole("heading", { name: "Differenze" }).waitFor();
  await look("differs");
  // It is a case at once, and a supervisor ends it with its proof.
  await view(page, /Casi/).click();
  await page.locator(".desk-list").getByRole("button", { name: /chiusura|totali/i }).first().click();
  await page.getByLabel("Sistemato dall’ufficio").check();
  await page.getByLabel(/^Prova/).fill("protocollo 41/2026");
  await look("case");
  const before = await page.locator(".desk-list .item").count();
  await page.getByRole("button", { name: "Chiudi il caso" }).click();
  await page.waitForFunction((n) => document.querySelectorAll(".desk-list .item").length < n, before);
  await page.getByLabel("Mostra anche i finiti").check();
  await page.locator(".desk-list").getByRole("button", { name: /Finito/ }).first().click();
  await page.getByText("protocollo 41/2026").waitFor();
  await look("ended");
});

await run("reversal", { reversal: "provider" }, async ({ service, page, look }) => {
  await pays(page, 1);
  await page.getByRole("button", { name: /Dettagli/ }).first().click();
  await page.locator(".detail").getByRole("button", { name: "Storia del pagamento" }).click();
  await page.getByRole("button", { name: "Storna…" }).click();
  const now = page.locator(".confirm .btn-danger");
  await page.getByLabel(/Il cittadino è qui/).check();
  await signs(page);
  await look("confirm");
  // A scan while it is open, with the focus on the key: its Enter does not press it.
  await now.focus();
  await scan(page, qrOf(2, 1002));
  await page.getByRole("heading", { name: "Avviso da incassare" }).waitFor();
  checks.same((await service.charges()).length, 1, "a scan over a confirmation moves no money");
  await page.keyboard.press("Escape");
  await page.locator(".detail").getByRole("button", { name: "Storia del pagamento" }).click();
  await page.getByRole("button", { name: "Storna…" }).click();
  await page.getByLabel(/Il cittadino è qui/).check();
  await signs(page);
  await now.click();
  await page.getByText("Esito: Stornato").waitFor();
  await page.getByText("Storno chiesto al terminale").first().waitFor();
  await look("reversed");
});

await run("outage", { operator: "bianchi" }, async ({ service, page, look }) => {
  await pays(page, 1);
  for (const n of [2, 3, 4]) {
    await debt(page, n); // verified today
    await page.keyboard.press("Escape");
  }
  await service.away(true);
  await settle(page);
  await scan(page, qrOf(2, 1002));
  await page.locator(".till-work > .panel-bad").waitFor();
  await look("refused");
  await view(page, /Coda/).click();
  await page.getByRole("button", { name: /Apri il periodo…/ }).click();
  await page.getByLabel("Perché si apre").fill("Piattaforma ferma dalle 9");
  await page.getByLabel(/Ho controllato/).check();
  await look("opening");
  await page.getByRole("button", { name: "Apri il periodo", exact: true }).click();
  await page.getByText("PIATTAFORMA ASSENTE").waitFor();
  await debt(page, 2);
  await page.getByText(/Verificato qui l’ultima volta/).waitFor();
  await look("unverified");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Incassato/ }).waitFor();
  await view(page, /Coda/).click();
  await page.getByText("1 di 2").waitFor();
  await look("open");
  await debt(page, 3);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Incassato/ }).waitFor();
  await debt(page, 4);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Non è partito nulla/ }).waitFor(); // the period is full
  await look("full");
  checks.same((await service.charges()).length, 3, "outage: nothing over the limits");
  await page.keyboard.press("Escape");
  await view(page, /Coda \(2 in attesa\)/).click();
  await service.away(false);
  await page.getByText(/Nessun incasso in attesa/).waitFor(); // it drains by itself
  await page.getByRole("button", { name: "Chiudi il periodo" }).click();
  await page.getByText("PIATTAFORMA ASSENTE").waitFor({ state: "detached" });
  await look("back");
});

await run("spontaneous", {}, async ({ service, page, look }) => {
  await view(page, "Debitore").click();
  await page.getByLabel("Codice fiscale o partita IVA").fill("rssmra80a01f205x");
  await page.keyboard.press("Enter");
  await page.getByText("4 avvisi trovati").waitFor();
  await look("found");
  await page.getByRole("button", { name: /Porta in cassa: TARI 2026/ }).click();
  await page.getByRole("heading", { name: "Avviso da incassare" }).waitFor();
  await page.keyboard.press("Escape"); // else the next one would join it
  await view(page, "Spontanei").click();
  await page.getByLabel("Numero della pratica").waitFor();
  await page.getByLabel("Codice fiscale o partita IVA").fill("BNCNNA85M41H501N");
  await page.getByLabel(/Nome e cognome/).fill("Anna Bianchi");
  await page.getByLabel("Numero della pratica").fill("4711");
  await look("form");
  await page.getByRole("button", { name: "Crea e porta in cassa" }).click();
  await page.getByRole("heading", { name: "Avviso da incassare" }).waitFor();
  await page.getByText("Diritti di segreteria, pratica 4711", { exact: true }).waitFor();
  await look("created");
  await settle(page);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Incassato 16,00/ }).waitFor();
  await page.locator('[data-fact="registered"]').waitFor();
  checks.same((await service.charges()).map((d) => d.amount_cents), [1600], "spontaneous: what was created was charged");
});

// What was charged is found again while one types, and everything about it can be told, saved and printed.
await run("archive", { operator: "bianchi" }, async ({ service, page, look }) => {
  await pays(page, 1);
  await pays(page, 2);
  await view(page, "Archivio").click();
  await page.getByText("2 pagamenti", { exact: true }).waitFor();
  await look("all");
  await page.getByLabel("Avviso o IUV").pressSequentially(noticeOf(2), { delay: 20 });
  await page.getByText("1 pagamento", { exact: true }).waitFor();
  await page.getByLabel("Avviso o IUV").fill(noticeOf(1).slice(1)); // its IUV
  await page.locator("[data-payment]").filter({ hasText: "10,01" }).waitFor();
  await page.getByText("1 pagamento", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Azzera la ricerca" }).click();
  await page.getByLabel("Importo", { exact: true }).fill("10,02");
  await page.locator("[data-payment]").filter({ hasText: "10,02" }).waitFor();
  await page.getByText("1 pagamento", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Azzera la ricerca" }).click();
  for (const [asked, owed] of [["mario ro", "Mario Rossi"], ["bncnna85", "Anna Bianchi"]]) {
    await page.getByLabel("Debitore").fill(asked);
    await page.locator("[data-payment]").filter({ hasText: owed }).waitFor();
    await page.getByText("1 pagamento", { exact: true }).waitFor();
  }
  await page.getByLabel("Operatore").fill("rossi");
  await page.getByText("Nessun pagamento corrisponde.").waitFor();
  await look("none");
  await page.getByRole("button", { name: "Azzera la ricerca" }).click();
  await page.getByText("2 pagamenti", { exact: true }).waitFor();
  const saved = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    return { name: download.suggestedFilename(), text: (await readFile(await download.path())).toString("latin1") };
  };
  const csv = await saved("Salva l’elenco (CSV)");
  checks.that(csv.name === "pagamenti.csv" && csv.text.includes(noticeOf(1)) && csv.text.includes(noticeOf(2)), `the list as CSV: ${csv.text}`);
  await page.getByRole("button", { name: /^Storia del pagamento di 10,02/ }).click();
  await page.getByText("Inviato al terminale").waitFor();
  await page.locator(".steps").getByText(/ricevuta pagoPA/).first().waitFor();
  await page.locator("pre.slip").getByText(/IMPORTO|EUR/).first().waitFor();
  await look("story");
  const attestation = await saved("Attestazione (PDF)");
  checks.that(/^attestazione-.+\.pdf$/.test(attestation.name) && attestation.text.startsWith("%PDF-"), `the attestation: ${attestation.name}`);
  const receipt = await saved("Ricevuta pagoPA (PDF)");
  checks.that(/^ricevuta-.+\.pdf$/.test(receipt.name) && receipt.text.startsWith("%PDF-"), `the pagoPA receipt: ${receipt.name}`);
  // The day in figures, and as the office keeps it.
  await view(page, "Chiusura").click();
  await page.getByText(/^Ricevute del/).waitFor();
  await look("day");
  checks.that((await page.locator(".figures").textContent())?.includes("2 · 20,03"), "the day's charges");
  checks.that((await saved("Salva il riepilogo (PDF)")).text.startsWith("%PDF-"), "the day's report");
  checks.that((await saved("Salva le righe (CSV)")).text.includes(noticeOf(2)), "the day's lines");
  checks.same((await service.charges()).length, 2, "archive: looking charges nothing");
});

// One word for the counter, why not, and what the support needs, which anybody can read before it is sent.
await run("status", {}, async ({ service, page, look }) => {
  await pays(page, 1);
  await page.keyboard.press("F1");
  await page.getByRole("heading", { name: "Aiuto: Cassa" }).waitFor();
  await page.getByText("Una lettura, un tasto.").waitFor();
  await look("help");
  await page.keyboard.press("Escape");
  await view(page, "Stato").click();
  await page.locator(".status-word").getByText("Pronto", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Prova adesso" }).click();
  await page.locator("article [role=status]").waitFor();
  await look("ready");
  await signs(page);
  await page.getByRole("button", { name: "Prepara la raccolta" }).click();
  await page.locator("pre.bundle").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Salva", exact: true }).click()]);
  const bytes = await readFile(await download.path());
  const sum = createHash("sha256").update(bytes).digest("hex");
  checks.same(await page.locator(".hash code").textContent(), sum, "the hash of what was saved");
  checks.same(bytes.toString(), await page.locator("pre.bundle").evaluate((e) => e.textContent), "what is saved is what was read");
  checks.same(bytes.toString().match(/RSSMRA80A01F205X|Mario Rossi|argon2id|\b\d{13,19}\b/), null, "nothing secret or personal in it");
  await look("bundle");
  await service.away(true);
  await settle(page);
  await scan(page, qrOf(2, 1002));
  await page.locator(".till-work > .panel-bad").waitFor();
  await view(page, "Stato").click();
  await page.locator(".status-word").getByText("Non pronto: Piattaforma").waitFor();
  await look("notready");
  await checks.soon(() => page.locator("pre.bundle").count(), 0, "what was gathered left with the view");
});

await browser.close();
checks.end();
