// Every state of the page, driven step by step by the stand-in service: what the clerk reads, what the
// keys do, axe, the content security policy, and a screenshot at 1366×768 and at 200 % zoom.
// SCREENSHOTS names the folder; none are written without it.

import { launch, scan, shot } from "./browser.mjs";
import { debt } from "./mock.mjs";
import { checks, earlier, folder, inHand, login, qr, run, settle, working } from "./scenario.mjs";

const browser = await launch();

await run(browser, "login", async ({ url, page, look }) => {
  await page.goto(url);
  await look("empty");
  await page.getByLabel("Operatore").fill("rossi");
  await page.getByLabel("PIN").fill("9999");
  await page.keyboard.press("Enter");
  await page.getByText("Operatore o PIN errati").waitFor();
  await look("refused");
});

await run(browser, "normal", async ({ mock, url, page, look, wide }) => {
  mock.demo = true;
  mock.payments = earlier(mock);
  await login(page, url);
  await look("idle");
  await inHand(page);
  await look("debt");
  // A scan with the money button in focus presses nothing.
  await page.getByRole("button", { name: /Incassa/ }).focus();
  await scan(page, qr);
  await settle(page);
  checks.same(mock.requests.length, 0, "a scan charges nothing");
  await page.keyboard.press("Enter");
  await working(page, mock);
  checks.same(mock.requests.length, 1, "one Enter, one request");
  checks.same(mock.requests[0]?.notices, [{ creditor: "01199250158", number: "302001000000000142", expected_cents: 4250 }], "what is asked");
  mock.phase("connecting");
  await page.locator(".turn-what").getByText("Mi collego al terminale").waitFor();
  mock.phase("card", "AVVICINARE CARTA");
  await page.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  await look("card");
  await scan(page, qr);
  checks.same(mock.requests.length, 1, "a scan during a payment charges nothing");
  await page.locator("#scan-hint").getByText("Lettura ignorata").waitFor();
  await page.reload();
  await page.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  mock.phase("pin", "DIGITARE PIN");
  mock.phase("bank", "ATTENDERE PREGO");
  await page.locator(".turn-what").getByText("La banca sta decidendo").waitFor();
  await look("bank");
  mock.charged();
  mock.phase("");
  await page.getByRole("heading", { name: /Incassato 42,50/ }).waitFor();
  await page.locator("pre.slip").getByText("TRANSAZIONE ESEGUITA").waitFor();
  await page.locator('[data-fact="not-registered"]').waitFor();
  await look("charged");
  mock.registered();
  await page.locator('[data-fact="registered"]').waitFor();
  await look("registered");
  if (wide) await checks.soon(() => page.locator("tbody tr").first().isVisible(), true, "the newest payment is in sight");
  await page.emulateMedia({ media: "print" });
  await shot(page, folder, "normal-print");
  await checks.soon(() => page.locator(".screen").isVisible(), false, "the printer sees the slip only");
  await page.emulateMedia({ media: "screen" });
  await page.getByRole("button", { name: /Dettagli/ }).first().click();
  await page.locator(".detail").getByText("004711", { exact: true }).waitFor();
  await look("detail");
});

await run(browser, "simulated", async ({ mock, url, page, look, wide }) => {
  mock.demo = true;
  mock.payments = earlier(mock);
  await login(page, url);
  const panel = page.locator("summary");
  await panel.waitFor();
  checks.that(!(await page.getByRole("button", { name: "Tasto rosso" }).isVisible()), "closed by default");
  await panel.click();
  await page.getByRole("button", { name: "Tasto rosso" }).waitFor();
  await checks.soon(() => page.evaluate(() => document.activeElement?.id), "scan", "opening it leaves the focus where it is");
  await inHand(page);
  if (!wide) await panel.evaluate((e) => e.scrollIntoView());
  await look("debt");
  await page.keyboard.press("Enter");
  await working(page, mock);
  mock.simulated = { ...mock.simulated, busy: true, screen: "PRESENTARE CARTA", waits: "card" };
  mock.phase("card", "PRESENTARE CARTA");
  await page.getByText("Aspetta la carta").waitFor();
  await look("card");
  await page.getByRole("button", { name: "Carta", exact: true }).click();
  await checks.soon(() => page.evaluate(() => document.activeElement?.id), "scan", "so does a key pressed with the mouse");
  await page.getByText("Carta: fatto.").waitFor();
  checks.same(mock.pressed, [{ key: "card" }], "the card");
  mock.charged();
  mock.phase("");
  mock.registered();
  await page.locator('[data-fact="registered"]').waitFor();
  if (!wide) await page.locator(".simulated-said").evaluate((e) => e.scrollIntoView());
  await look("registered");
  // By keyboard: from the summary through every key, and Enter presses only the key that has the focus.
  await panel.focus();
  const way = [];
  for (let i = 0; i < 9; i++) {
    await page.keyboard.press("Tab");
    way.push(await page.evaluate(() => document.activeElement?.textContent || document.activeElement?.id));
  }
  checks.same(way, ["Carta", "PIN", "Tasto rosso", "simulated-amount", "Vendita a mano", "Altra cassa", "Storno a mano", "Chiusura", "Riavvia"], "the keys in order");
  await page.getByLabel("Euro").focus();
  await look("amount");
  await page.keyboard.press("Enter");
  checks.same([mock.pressed.length, mock.requests.length], [1, 1], "Enter in the amount presses nothing");
  await scan(page, qr);
  await page.getByRole("heading", { name: /^Avviso/ }).waitFor();
  await checks.soon(() => page.getByLabel("Euro").inputValue(), "7,00", "a scan in the amount leaves it as it was");
});

await run(browser, "differs", async ({ mock, url, page, look }) => {
  mock.answer = debt({ amount_cents: 4519, printed_cents: 4250, warnings: [{ code: "amount_print_differs", text: "L’importo è cambiato dopo la stampa.", hint: "Dillo al cittadino prima di incassare." }] });
  await login(page, url);
  await inHand(page);
  await look("ask");
  // A double click, as slow as the system lets it be: its second half was meant for what stood there before.
  const accept = page.getByRole("button", { name: /Il cittadino accetta 45,19/ });
  await accept.scrollIntoViewIfNeeded();
  const box = await accept.boundingBox();
  await page.mouse.move(box.x + 20, box.y + 10);
  for (const clickCount of [1, 2]) {
    await page.mouse.down({ clickCount });
    await page.mouse.up({ clickCount });
    if (clickCount === 1) await page.waitForTimeout(450);
  }
  await page.getByRole("button", { name: /Incassa 45,19/ }).waitFor();
  await page.getByText("premi di nuovo Invio").first().waitFor();
  checks.same(mock.requests.length, 0, "accepting is not charging");
  await page.waitForTimeout(1100); // past the time in which no key charges what was just accepted
  await page.mouse.down({ clickCount: 2 });
  await page.mouse.up({ clickCount: 2 });
  checks.same(mock.requests.length, 0, "the second click of a double click charges nothing");
  await look("accepted");
  await page.keyboard.press("Enter");
  await working(page, mock);
  checks.same(mock.requests[0]?.notices[0].expected_cents, 4519, "the accepted amount is asked");
});

await run(browser, "notpayable", async ({ mock, url, page, look }) => {
  mock.answer = debt({ payable: false, reason: { code: "notice_paid", text: "Questo avviso risulta già pagato.", hint: "Non incassare: il cittadino può chiedere la ricevuta." } });
  await login(page, url);
  await inHand(page);
  await look("paid");
  await page.keyboard.press("Enter");
  checks.same(mock.requests.length, 0, "a paid notice is not charged");
  mock.answer = { status: 422, error: { code: "notice_check_digits", message: "Le cifre di controllo non tornano.", hint: "Ricontrolla il numero, o leggi il QR." } };
  await page.keyboard.type("302001000000000143", { delay: 90 });
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Avviso non trovato" }).waitFor();
  checks.same(mock.looked, "302001000000000143", "a typed number is looked up");
  await look("unreadable");
});

await run(browser, "declined", async ({ mock, url, page, look }) => {
  await login(page, url);
  await inHand(page);
  await page.keyboard.press("Enter");
  await working(page, mock);
  mock.payment({ state: "not_charged", reason: { code: "declined", text: "La banca ha rifiutato la carta: fondi insufficienti.", hint: "Prova con un’altra carta." } });
  mock.phase("");
  await page.getByRole("heading", { name: /Non incassato/ }).waitFor();
  await look("declined");
  await settle(page);
  const first = mock.requests[0].request_id;
  await page.keyboard.press("Enter");
  await working(page, mock);
  checks.same(mock.requests[1]?.retry_of, "A1-00000001", "another card names the payment it follows");
  checks.that(mock.requests[1]?.request_id !== first, "another card is a new request");
});

// Another PC's payment on this terminal is declined: another card is offered there, not here.
await run(browser, "declined-elsewhere", async ({ mock, url, page, look }) => {
  await login(page, url);
  const theirs = { request_id: "theirs", terminal: "cassa1", notices: [{ creditor: "01199250158", number: "302001000000000142", expected_cents: 4250 }] };
  mock.payment(mock.newPayment(theirs, { operator: "bianchi" }));
  mock.phase("card", "AVVICINARE CARTA", { request_id: "theirs", terminal: "cassa1" });
  await page.getByRole("heading", { name: /Pagamento in corso/ }).waitFor(); // theirs: nothing was asked from here
  mock.payment({ state: "not_charged", reason: { code: "declined", text: "La banca ha rifiutato la carta.", hint: "Prova con un’altra carta." } });
  mock.phase("", "", { request_id: "theirs", terminal: "cassa1" });
  await page.getByText("un’altra carta si chiede da lì").waitFor();
  await look("shown");
  await settle(page);
  await page.keyboard.press("Enter");
  checks.same([mock.requests.length, await page.getByRole("button", { name: /Altra carta/ }).count()], [0, 0], "Enter offers nobody else's citizen another card");
  await page.keyboard.press("Escape");
  await page.getByText("Pronto per il prossimo avviso").first().waitFor();
});

await run(browser, "refused", async ({ mock, url, page, look }) => {
  mock.chargeAnswer = { status: 409, error: { code: "terminal_unreachable", message: "Il terminale Cassa 1 non risponde in rete.", hint: "Controlla che sia acceso e collegato, poi riprova.", detail: "192.168.1.50:10000" } };
  await login(page, url);
  await inHand(page);
  await page.keyboard.press("Enter");
  await page.getByText("non risponde in rete").first().waitFor();
  await look("unreachable");
  mock.chargeAnswer = { status: 409, error: { code: "amount_changed", message: "L’importo è cambiato.", hint: "Dillo al cittadino.", amount_cents: 4800 } };
  await settle(page);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /Il cittadino accetta 48,00/ }).waitFor();
  checks.that(mock.requests[0].request_id !== mock.requests[1].request_id, "after a refusal the request is new");
  await look("changed");
});

await run(browser, "lost", async ({ mock, url, page, look }) => {
  await login(page, url);
  await inHand(page);
  mock.chargeAnswer = "drop";
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /non ha avuto risposta/ }).waitFor();
  await look("answer");
  mock.chargeAnswer = undefined;
  await page.reload();
  await page.getByRole("heading", { name: /non ha avuto risposta/ }).waitFor();
  await page.getByRole("button", { name: /Ripeti la stessa richiesta/ }).waitFor();
  await settle(page);
  mock.counted = mock.requests.length;
  await page.keyboard.press("Enter");
  await working(page, mock);
  checks.same(mock.requests[1]?.request_id, mock.requests[0]?.request_id, "the repeat keeps its id over a reload");
  checks.same(mock.requests[1]?.notices, mock.requests[0]?.notices, "the repeat keeps its body");
});

await run(browser, "unknown", async ({ mock, url, page, look }) => {
  await login(page, url);
  await inHand(page);
  await page.keyboard.press("Enter");
  await working(page, mock);
  const id = mock.payment({ state: "unknown", reason: { code: "line_lost", text: "Il collegamento con il terminale è caduto dopo l’invio.", hint: "Non far ripagare: l’esito si sta verificando." }, preset: "charged" }).id;
  mock.phase("verifying");
  mock.terminal({ light: "not_ready", locked: true, payment_id: id });
  await page.getByRole("heading", { name: /Esito non noto: non far ripagare/ }).waitFor();
  await look("checking");
  mock.phase("");
  mock.payment({ id, needs_people: true });
  mock.terminal({ can_free: true });
  await page.getByRole("button", { name: "Libera il terminale" }).waitFor();
  await look("locked");
  await settle(page);
  await page.keyboard.press("Enter");
  checks.same(mock.requests.length, 1, "Enter does nothing on an unknown");
  await inHand(page);
  await checks.soon(() => page.getByRole("button", { name: /Incassa/ }).isDisabled(), true, "a locked terminal charges nothing");
  await look("nextnotice");
  // The terminal is being asked something: the page waits, says so, and asks again by itself.
  let asked = 0;
  mock.answers["POST terminals/cassa1/free"] = () => (++asked < 3 ? { status: 409, error: { code: "terminal_busy", message: "Il terminale Cassa 1 è occupato.", hint: "Riprovare." } } : undefined);
  await page.getByRole("button", { name: "Libera il terminale" }).click();
  await page.getByText("Il terminale sta rispondendo, attendi…").waitFor();
  await look("answering");
  await page.getByText("Terminale liberato").waitFor();
  checks.same(asked, 3, "it was pressed once and asked three times");
  checks.same(mock.acted?.action, "free", "free is asked");
  checks.that(Boolean(mock.acted?.request_id), "free carries a request id");
  await checks.soon(() => page.getByRole("button", { name: /Incassa/ }).isEnabled(), true, "a freed terminal charges again");
  await look("freed");
});

for (const operator of ["rossi", "bianchi"]) {
  await run(browser, `adopt-${operator}`, async ({ mock, url, page, look }) => {
    mock.terminals = [{ name: "cassa1", label: "Cassa 1", light: "not_ready", needs_adopt: true, reason: { code: "terminal_unknown_transaction", text: "L’ultima operazione del terminale (STAN 000126, 12,00 €, 09:58) non è in questo registro.", hint: "Confrontala con gli scontrini." } }];
    await login(page, url, operator);
    await look("needed");
    const button = page.getByRole("button", { name: /Verificata/ });
    checks.same(await button.count(), operator === "bianchi" ? 1 : 0, "only a supervisor adopts");
    if (operator === "rossi") return;
    await button.click();
    await page.getByText("Terminale verificato").waitFor();
    checks.same(mock.acted?.action, "adopt", "adopt is asked");
  });
}

await run(browser, "connection", async ({ mock, url, page, look }) => {
  mock.terminals.push({ name: "cassa2", label: "Cassa 2", light: "not_ready", reason: { code: "terminal_unreachable", text: "Non risponde in rete.", hint: "Controlla che sia acceso." } });
  mock.platform = { light: "not_ready", reason: { code: "platform_unavailable", text: "La piattaforma non risponde.", hint: "Si può riprovare tra poco." } };
  await login(page, url);
  await inHand(page);
  await page.keyboard.press("F2");
  await page.locator("#terminal-title").getByText("Cassa 2").waitFor();
  await look("twoterminals");
  const port = mock.port;
  mock.payments = earlier(mock);
  await mock.stop();
  await page.getByText("Collegamento con il servizio interrotto").first().waitFor();
  await checks.soon(() => page.getByRole("button", { name: /Incassa/ }).isDisabled(), true, "no charge without the service");
  await look("lost");
  await mock.start(port);
  await page.getByText("Collegamento con il servizio ripristinato").first().waitFor();
  await page.locator("tr[data-payment]").first().waitFor(); // the new snapshot is drawn
  await page.getByRole("button", { name: "Blocca" }).click();
  await page.getByRole("heading", { name: "Sportello bloccato" }).waitFor();
  await look("locked");
  await page.getByLabel("PIN").fill("1234");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pagamenti di oggi" }).waitFor();
  mock.tokens.clear();
  mock.cut();
  await page.getByText("La sessione è finita").waitFor();
});

await run(browser, "secondtab", async ({ mock, url, page, context }) => {
  await login(page, url);
  const second = await context.newPage();
  await login(second, url);
  await inHand(page);
  await page.keyboard.press("Enter");
  await working(page, mock);
  mock.phase("card", "AVVICINARE CARTA");
  await second.locator(".turn-what").getByText("Avvicina o inserisci la carta").waitFor();
  mock.sequence += 3; // events that this page never saw
  mock.charged();
  mock.phase("");
  await second.getByRole("heading", { name: /Incassato 42,50/ }).waitFor();
  await page.getByRole("heading", { name: /Incassato 42,50/ }).waitFor();
});

await browser.close();
checks.end();
