import { cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import de from "../src/core/i18n/de";
import en from "../src/core/i18n/en";
import it_ from "../src/core/i18n/it";
import type { Registration, State } from "../src/core/types.gen";
import { App } from "../src/view/App";
import { activity, debt, payment, terminal } from "./fixtures";
import { settle, World } from "./world";

let w: World;
beforeEach(() => {
  w = new World();
  render(<App page={w.page} />);
});
afterEach(() => {
  w.page.stop();
  cleanup();
});

const polite = () => screen.getByRole("status").textContent;
const assertive = () => screen.getAllByRole("alert").at(-1)!.textContent;

async function inHand(over = {}) {
  w.page.take("302001000000000142");
  await w.last("POST notices/lookup").answer(200, debt(over));
  w.later();
}

async function outcome(over: Parameters<typeof payment>[0]) {
  await w.online();
  await inHand();
  w.page.primary();
  await w.last("POST payments").answer(202, payment({ request_id: "id-1" }));
  w.event({ type: "payment", payment: payment({ request_id: "id-1", ...over }) });
  await settle();
}

describe("the login", () => {
  it("asks for operator and PIN and shows the refusal as it came", async () => {
    fireEvent.input(screen.getByLabelText("Operatore"), { target: { value: "rossi" } });
    fireEvent.input(screen.getByLabelText("PIN"), { target: { value: "1" } });
    fireEvent.submit(screen.getByRole("button", { name: "Entra" }).closest("form")!);
    expect(w.last("POST session").body).toEqual({ operator: "rossi", pin: "1" });
    await w.last("POST session").answer(401, { error: { code: "bad_credentials", message: "Operatore o PIN errati.", hint: "Riprova." } });
    await settle();
    expect(screen.getAllByRole("alert")[0]!.textContent).toBe("Operatore o PIN errati. Riprova.");
  });
});

describe("the debt", () => {
  it("shows what the platform has, and one button", async () => {
    await w.online();
    await inHand({ debtor: "Bruno Verdi", due_date: "2026-12-16" });
    await settle();
    const panel = screen.getByRole("region", { name: "Avviso da incassare" });
    for (const text of ["Comune di Esempio", "TARI 2026", "Bruno Verdi", "16/12/2026", "42,50\u00a0€"]) {
      expect(panel.textContent).toContain(text);
    }
    expect(within(panel).getByRole("button", { name: /Incassa 42,50/ })).toHaveProperty("disabled", false);
    expect(polite()).toContain("Avviso trovato: TARI 2026");
  });

  it("that is not payable has no button, and says why and what to do", async () => {
    await w.online();
    await inHand({ payable: false, reason: { code: "notice_paid", text: "Già pagato.", hint: "Non incassare." } });
    await settle();
    expect(screen.queryByRole("button", { name: /Incassa/ })).toBeNull();
    expect(screen.getByText("Già pagato.")).toBeTruthy();
    expect(assertive()).toContain("Già pagato.");
  });

  it("shows the service's warnings", async () => {
    await w.online();
    await inHand({ warnings: [{ code: "scan_repaired", text: "Lettura riparata.", hint: "Controlla il lettore." }] });
    await settle();
    expect(screen.getByText("Lettura riparata.")).toBeTruthy();
  });

  it("that nobody could be asked about is not said to be missing", async () => {
    await w.online();
    w.page.take("302001000000000142");
    await w.last("POST notices/lookup").answer(503, { error: { code: "platform_unavailable", message: "La piattaforma non risponde." } });
    await settle();
    expect(screen.getByRole("heading", { name: "Avviso non verificato" })).toBeTruthy();
    expect(screen.queryByText("Avviso non trovato")).toBeNull();
  });

  it("offers to look up a typed number all the same, only when that is the trouble", async () => {
    await w.online();
    w.page.take("302001000000000143");
    await w.last("POST notices/lookup").answer(422, { error: { code: "notice_check_digits", message: "Cifre di controllo errate." } });
    await settle();
    fireEvent.click(screen.getByRole("button", { name: "Cerca lo stesso" }));
    expect(w.last("POST notices/lookup").body).toEqual({ code: "302001000000000143", anyway: true });
  });
});

describe("the phases", () => {
  it.each(["connecting", "checking", "card", "pin", "bank", "receipt", "verifying", "novel"])("%s has a plain phrase and a turn", async (phase) => {
    await w.online();
    w.event({ type: "activity", activity: activity({ phase, text: "PAROLE SUE" }) });
    await settle();
    const phrases = it_.phases as Record<string, string>;
    expect(screen.getByText(phrases[phase] ?? it_.phases.other)).toBeTruthy();
    expect(screen.getByText("PAROLE SUE")).toBeTruthy();
    expect(polite()).toContain(phrases[phase] ?? it_.phases.other);
    expect(screen.queryByRole("dialog")).toBeNull();
    if (phase === "card") expect(screen.getByText(/tasto rosso/)).toBeTruthy();
  });
});

describe("the outcome", () => {
  it("charged keeps the two facts apart", async () => {
    await outcome({ state: "charged", notices: [{ ...payment().notices[0]!, registration: "awaiting_receipt" }] });
    expect(screen.getByRole("heading", { name: /Incassato 42,50/ })).toBeTruthy();
    expect(document.querySelector('[data-fact="charged"]')).toBeTruthy();
    expect(document.querySelector('[data-fact="not-registered"]')).toBeTruthy();
    expect(assertive()).toBe("Incassato 42,50\u00a0€.");
    w.event({ type: "payment", payment: payment({ request_id: "id-1", state: "charged", notices: [{ ...payment().notices[0]!, registration: "registered" }] }) });
    await settle();
    expect(document.querySelector('[data-fact="registered"]')).toBeTruthy();
    expect(polite()).toContain("Registrato");
  });

  it("charged with another amount shows what the card paid", async () => {
    const charge = { stan: "1", online_id: "", auth_code: "", pan: "", card: "", entry: "", action_code: "", amount_cents: 4000 };
    await outcome({ state: "charged", charge, reason: { code: "amount_differs", text: "Importo diverso.", hint: "Avvisa l’ufficio." } });
    expect(screen.getByRole("heading", { name: /Incassato 40,00/ })).toBeTruthy();
    expect(screen.getByText("Importo diverso.")).toBeTruthy();
  });

  it("unknown says not to let them pay again, and offers no key to charge", async () => {
    await outcome({ state: "unknown", reason: { code: "line_lost", text: "Linea caduta." } });
    expect(screen.getByRole("heading", { name: /Esito non noto: non far ripagare/ })).toBeTruthy();
    expect(assertive()).toContain("non far ripagare");
    expect(screen.queryByRole("button", { name: /Altra carta|Riprova|Incassa/ })).toBeNull();
  });

  it("unknown that needs people says who decides and how, and who has answered already", async () => {
    await outcome({ id: "A1-7", state: "unknown", needs_people: true });
    expect(screen.getByText(/decidono le persone.*Da verificare/)).toBeTruthy();
    const proposal = { by: "rossi", at: "2026-05-04T10:30:00Z" };
    w.event({ type: "payment", payment: payment({ id: "A1-7", request_id: "id-1", state: "unknown", needs_people: true, proposal }) });
    await settle();
    expect(screen.getByText(/rossi ha già risposto.*Da verificare/)).toBeTruthy();
  });

  it.each([
    ["reversing", /Storno in corso 42,50/, /non rimborsare/],
    ["reversed", /Stornato 42,50/, /30 minuti/],
  ] as const)("%s does not look like a charge", async (state, heading, says) => {
    await outcome({ state });
    expect(screen.getByRole("heading", { name: heading })).toBeTruthy();
    expect(screen.getByText(says)).toBeTruthy();
    expect(screen.queryByRole("heading", { name: /Incassato/ })).toBeNull();
    expect(document.querySelector(".panel-good")).toBeNull();
  });

  it("declined says why and offers another card", async () => {
    await outcome({ state: "not_charged", reason: { code: "declined", text: "Fondi insufficienti.", hint: "Altra carta." } });
    expect(screen.getByText("La carta non è stata addebitata.")).toBeTruthy();
    expect(screen.getByRole("button", { name: /Altra carta/ })).toBeTruthy();
    expect(assertive()).toContain("Fondi insufficienti.");
  });
});

describe("the terminal's box", () => {
  it("says what keeps a terminal from charging", async () => {
    await w.online({ terminals: [terminal({ unproven: true })] });
    await settle();
    expect(screen.getByText(/fino alla prima ricevuta/)).toBeTruthy();
    w.event({ type: "terminal", terminal: terminal({ unproven: true, stopped: { code: "terminal_without_receipts", text: "Il terminale è fermo.", hint: "Usane un altro." } }) });
    await settle();
    expect(screen.getByText("Il terminale è fermo.")).toBeTruthy();
    expect(screen.queryByText(/fino alla prima ricevuta/)).toBeNull();
  });

  it("frees a locked terminal only when its evidence is safe", async () => {
    await w.online({ terminals: [terminal({ light: "not_ready", locked: true })] });
    await settle();
    expect(screen.queryByRole("button", { name: "Libera il terminale" })).toBeNull();
    w.event({ type: "terminal", terminal: terminal({ light: "not_ready", locked: true, can_free: true }) });
    await settle();
    fireEvent.click(screen.getByRole("button", { name: "Libera il terminale" }));
    expect(w.last("POST terminals/cassa1/free").body).toHaveProperty("request_id");
  });

  it.each([
    ["clerk", 0],
    ["supervisor", 1],
  ] as const)("lets a %s see %i buttons to adopt", async (role, buttons) => {
    await w.online({ operator: { id: "x", name: "X", role }, terminals: [terminal({ needs_adopt: true })] });
    await settle();
    expect(screen.queryAllByRole("button", { name: /Verificata/ })).toHaveLength(buttons);
  });
});

describe("the page", () => {
  it("shows the demonstration to everybody", async () => {
    await w.online({ demo: true });
    await settle();
    expect(screen.getByText(/DIMOSTRAZIONE/)).toBeTruthy();
  });

  it("lists payments with their two states and opens a row in place", async () => {
    const charge = { stan: "000127", online_id: "", auth_code: "004711", pan: "****1234", card: "VISA", entry: "", action_code: "", amount_cents: 4250 };
    await w.online({ payments: [payment({ state: "charged", charge, has_receipt: true })] });
    await settle();
    const row = screen.getByText("000127").closest("tr")!;
    expect(row.textContent).toContain("Incassato");
    const button = within(row).getByRole("button", { name: /Dettagli/ });
    expect(button.getAttribute("aria-expanded")).toBe("false");
    fireEvent.click(button);
    await w.last("GET payments/A1-00000001/receipt").answer(200, { payment_id: "A1-00000001", text: "SCONTRINO 42 COLONNE", complete: true });
    await settle();
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect(screen.getAllByText("SCONTRINO 42 COLONNE").length).toBeGreaterThan(0);
    expect(screen.getByText("004711")).toBeTruthy();
  });

  it("has no style attribute and no inline handler anywhere: the policy would block them", async () => {
    await outcome({ state: "charged", has_receipt: true });
    for (const element of document.querySelectorAll("*")) {
      for (const { name } of element.attributes) expect(name === "style" || name.startsWith("on")).toBe(false);
    }
  });
});

it("every language has a word for every state and registration", () => {
  const states: State[] = ["open", "sent", "unknown", "charged", "not_charged", "reversing", "reversed"];
  const registrations: Registration[] = ["none", "submitting", "awaiting_receipt", "registered", "held", "paid_elsewhere", "rejected", "closed"];
  for (const t of [it_, en, de]) {
    for (const s of states) expect(t.states[s]).toBeTruthy();
    for (const r of registrations) expect(t.registered[r]).toBeTruthy();
  }
});
