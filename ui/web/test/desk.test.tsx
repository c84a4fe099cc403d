// The desk between the service and the views: what is asked when, who signs, and what a lost or stale
// decision leads to.

import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Payment } from "../src/core/types.gen";
import { App } from "../src/view/App";
import { attachKeys } from "../src/view/keys";
import { Scanner } from "../src/core/scan";
import { debt, payment, terminal } from "./fixtures";
import { settle, World } from "./world";

let w: World;
let detach: () => void;
beforeEach(() => {
  w = new World();
  const scanner = new Scanner({ field: () => undefined, onScan: () => undefined });
  detach = attachKeys(document, w.page, scanner);
  render(<App page={w.page} scanner={scanner} />);
});
afterEach(() => {
  w.page.stop();
  detach();
  cleanup();
});

const evidence = [{ at: "2026-11-21T10:00:10Z", kind: "line", text: "collegamento con il terminale", detail: "cut" }];
const unknown = (over: Partial<Payment> = {}) => payment({ id: "A1-7", state: "unknown", needs_people: true, evidence_seq: 12, ...over });
const press = (key: string, on: Element = document.activeElement ?? document.body) => fireEvent.keyDown(on, { key, bubbles: true });

async function verify(over: Partial<Payment> = {}, snap = {}) {
  await w.online({ payments: [unknown(over)], terminals: [terminal({ light: "not_ready", locked: true, payment_id: "A1-7" })], ...snap });
  w.page.show("verify");
  await settle();
  await w.last("GET payments/A1-7").answer(200, unknown({ evidence, ...over }));
  await settle();
}

describe("the views", () => {
  it("count what waits, and cases that the service has", async () => {
    await w.online({ payments: [unknown()] });
    await settle();
    await w.last("GET cases").answer(200, [{ id: "C1", cause: { code: "x", text: "Un caso" }, opened: "2026-11-20T10:00:00Z", seq: 4 }]);
    await settle();
    expect(screen.getByRole("button", { name: "Da verificare (1 in attesa)" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Casi (1 in attesa)" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Cassa" }).getAttribute("aria-current")).toBe("page");
  });

  it("F8 goes to the list, Esc back to the counter, and no key charges from elsewhere", async () => {
    await w.online();
    w.page.take("302001000000000142");
    await w.last("POST notices/lookup").answer(200, debt());
    w.page.show("queue");
    w.later();
    await settle();
    press("Enter", document.body);
    expect(w.page.primary()).toBe(false);
    expect(w.count("POST payments")).toBe(0);
    expect(screen.getByRole("region", { name: "In cassa" }).textContent).toContain("42,50");
    press("F8");
    expect(document.activeElement?.textContent).toContain("Coda");
    press("Escape");
    await settle();
    expect(w.page.counter().view).toBe("till");
    expect(w.page.primary()).toBe(false); // it has only just come back into sight
    w.later();
    expect(w.page.primary()).toBe(true);
  });

  it("a code from anywhere brings the clerk to the counter", async () => {
    await w.online();
    w.page.show("cases");
    w.page.take("302001000000000142");
    expect(w.page.counter().view).toBe("till");
  });

  it("survive a reload, but not what was found of a debtor", async () => {
    await w.online();
    w.page.show("debtor");
    void w.page.desk.find(undefined, "RSSMRA80A01H501U");
    await w.last("POST positions/search").answer(200, { positions: [], more: false, skipped: 0 });
    const again = new World(w.stored);
    again.page.start();
    expect(again.page.counter().view).toBe("debtor");
    expect(again.page.counter().office.search).toEqual({});
    expect([...w.stored.values()].join()).not.toContain("RSSMRA");
    again.page.stop();
  });

  it("an unknown kind of event is one event more and nothing else", async () => {
    await w.online();
    w.event({ type: "novelty" } as never);
    w.event({ type: "queue", queue: { depth: 3, late: 0, red: 0, watched: 0, away: true, draining: false, done: 0, total: 0 } });
    await settle();
    expect(w.sockets.length).toBe(1);
    expect(screen.getByRole("button", { name: "Coda (3 in attesa)" })).toBeTruthy();
  });
});

describe("a case of what the platform rejected", () => {
  const rejected = { id: "C9", cause: { code: "submission_refused", text: "Rifiutato" }, opened: "2026-11-20T10:00:00Z", seq: 4, needs_two: true, can_resubmit: true };
  const stand = async (role: "clerk" | "supervisor") => {
    await w.online({ operator: { id: "bianchi", name: "B", role } });
    w.page.show("cases");
    await settle();
    await w.last("GET cases").answer(200, [rejected]);
    await settle();
  };

  it("is submitted again by a supervisor alone, with the proof and the case as it was seen", async () => {
    await stand("supervisor");
    expect(screen.getByText(/servono due persone/)).toBeTruthy();
    fireEvent.click(screen.getByLabelText(/invia di nuovo/));
    expect(screen.queryByText(/servono due persone/)).toBeNull();
    fireEvent.input(screen.getByLabelText(/^Prova/), { target: { value: "scadenza corretta" } });
    fireEvent.click(screen.getByRole("button", { name: "Chiudi il caso" }));
    expect(w.last("POST cases/C9/ending").body).toEqual({ request_id: "id-1", seq: 4, ending: "resubmit", proof: "scadenza corretta" });
  });

  it("is not a clerk's to submit", async () => {
    await stand("clerk");
    expect(screen.getByLabelText("Sistemato dall’ufficio")).toBeTruthy();
    expect(screen.queryByLabelText(/invia di nuovo/)).toBeNull();
  });
});

describe("an unknown", () => {
  it("shows its evidence, asks the one question, and names the evidence seen", async () => {
    await verify();
    expect(screen.getByText("collegamento con il terminale")).toBeTruthy();
    fireEvent.click(screen.getByLabelText("Eseguita"));
    fireEvent.input(screen.getByLabelText(/^STAN/), { target: { value: "000127" } });
    fireEvent.click(screen.getByRole("button", { name: "Registra la risposta" }));
    expect(w.last("POST payments/A1-7/resolution").body).toEqual({ request_id: "id-1", evidence_seq: 12, answer: "charged", stan: "000127" });
    await w.last("POST payments/A1-7/resolution").answer(200, unknown({ proposal: { answer: "charged", stan: "000127", by: "rossi", at: "2026-11-21T10:01:00Z" } }));
    await settle();
    expect(screen.getByText(/rossi ha risposto/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Ritiro la mia risposta" })).toBeTruthy();
  });

  it("that is still being asked about is a supervisor's", async () => {
    await verify({ needs_people: false });
    expect(screen.queryByRole("button", { name: "Registra la risposta" })).toBeNull();
    expect(screen.getByText(/solo un responsabile/)).toBeTruthy();
  });

  it("a lost answer goes out again under the same id, another answer under another", async () => {
    await verify();
    const send = () => fireEvent.click(screen.getByRole("button", { name: "Registra la risposta" }));
    fireEvent.click(screen.getByLabelText("Non so"));
    send();
    await w.last("POST payments/A1-7/resolution").fail();
    await settle();
    expect(screen.getByText(/Premi di nuovo lo stesso tasto/)).toBeTruthy();
    send();
    expect(w.last("POST payments/A1-7/resolution").body["request_id"]).toBe("id-1");
    await w.last("POST payments/A1-7/resolution").fail();
    await settle();
    fireEvent.click(screen.getByLabelText("Negata o annullata"));
    send();
    expect(w.last("POST payments/A1-7/resolution").body["request_id"]).toBe("id-2");
  });

  it("a stale answer is explained, read again, and asked again", async () => {
    await verify();
    fireEvent.click(screen.getByLabelText("Negata o annullata"));
    fireEvent.click(screen.getByRole("button", { name: "Registra la risposta" }));
    const reads = w.count("GET payments/A1-7");
    await w.last("POST payments/A1-7/resolution").answer(409, { error: { code: "state_changed", message: "È cambiato.", hint: "Rileggere." } });
    await settle();
    expect(w.count("GET payments/A1-7")).toBe(reads + 1);
    await w.last("GET payments/A1-7").answer(200, unknown({ evidence_seq: 13, evidence: [...evidence, { at: "2026-11-21T10:03:00Z", kind: "receipt", text: "ricevuta pagoPA" }] }));
    await settle();
    expect(screen.getByText("ricevuta pagoPA")).toBeTruthy();
    expect(screen.getByText(/Ho riletto tutto/)).toBeTruthy();
    expect((screen.getByLabelText("Negata o annullata") as HTMLInputElement).checked).toBe(false);
  });

  it("another person signs here, and the session stays the clerk's", async () => {
    await verify({ proposal: { answer: "not_charged", by: "rossi", at: "2026-11-21T10:01:00Z" } });
    fireEvent.input(screen.getByLabelText("Codice di chi firma"), { target: { value: "bianchi" } });
    fireEvent.input(screen.getByLabelText("PIN di chi firma"), { target: { value: "5678" } });
    fireEvent.click(screen.getByRole("button", { name: "Confermo" }));
    expect(w.last("POST session").body).toEqual({ operator: "bianchi", pin: "5678" });
    await w.last("POST session").answer(401, { error: { code: "bad_credentials", message: "Operatore o PIN errati." } });
    await settle();
    expect(w.page.counter().operator?.id).toBe("rossi"); // a wrong PIN ends nobody's session
    expect(screen.getByText("Operatore o PIN errati.")).toBeTruthy();
    expect((screen.getByLabelText("PIN di chi firma") as HTMLInputElement).value).toBe("");
    fireEvent.input(screen.getByLabelText("Codice di chi firma"), { target: { value: "bianchi" } });
    fireEvent.input(screen.getByLabelText("PIN di chi firma"), { target: { value: "5678" } });
    fireEvent.click(screen.getByRole("button", { name: "Confermo" }));
    await w.last("POST session").answer(201, { token: "other", operator: { id: "bianchi", name: "B", role: "supervisor" } });
    expect(w.last("POST payments/A1-7/resolution/countersign").body).toMatchObject({ evidence_seq: 12, accept: true });
    await w.last("POST payments/A1-7/resolution/countersign").answer(200, unknown({ state: "not_charged", needs_people: false, resolved_by: ["rossi", "bianchi"] }));
    expect(w.count("DELETE session")).toBe(1);
    expect(w.page.counter().operator?.id).toBe("rossi");
    expect([...w.stored.values()].join()).not.toContain("other");
  });
});

describe("a reversal", () => {
  const charge = { stan: "000127", online_id: "", auth_code: "", pan: "", card: "", entry: "", action_code: "", amount_cents: 4250 };
  const charged = (over: Partial<Payment> = {}) => payment({ id: "A1-8", state: "charged", charge, can_reverse: true, ...over });

  it("needs a ticked box and a supervisor, and is asked for once", async () => {
    await w.online({ operator: { id: "bianchi", name: "B", role: "supervisor" }, operators: [{ id: "bianchi", name: "B", role: "supervisor" }], payments: [charged()] });
    w.page.tell("A1-8");
    await settle();
    fireEvent.click(screen.getByRole("button", { name: "Storna…" }));
    await settle();
    expect(document.activeElement?.textContent).toBe("No, lascia così");
    const now = screen.getByRole("button", { name: /^Storna 42,50/ }) as HTMLButtonElement;
    expect(now.disabled).toBe(true);
    fireEvent.click(screen.getByLabelText(/Il cittadino è qui/));
    await settle();
    expect(now.disabled).toBe(false);
    fireEvent.click(now);
    fireEvent.click(now);
    expect(w.count("POST payments/A1-8/reversal")).toBe(1);
    await w.last("POST payments/A1-8/reversal").answer(202, charged({ state: "reversing", updated_at: "2026-11-21T10:10:00Z", can_reverse: false, reversal: { operator: "bianchi", sent_at: "2026-11-21T10:10:00Z" } }));
    await w.last("GET payments/A1-8/story").answer(200, [{ seq: 9, at: "2026-11-21T10:10:00Z", kind: "reversal_sent", text: "storno chiesto al terminale", by: ["bianchi"], state: "reversing" }]);
    await settle();
    expect(screen.getByText("Storno chiesto al terminale").closest("li")?.textContent).toContain("da B"); // by name
    expect(screen.queryByRole("button", { name: /^Storna/ })).toBeNull();
  });

  it("is not offered where the service does not, and says what to do instead", async () => {
    await w.online({ payments: [charged({ can_reverse: false })] });
    w.page.tell("A1-8");
    await settle();
    expect(screen.queryByRole("button", { name: "Storna…" })).toBeNull();
    expect(screen.getByText(/serve un rimborso dell’ufficio/)).toBeTruthy();
  });
});

it("a debt that is not verified says so, and how long ago it was", async () => {
  await w.online();
  w.page.take("302001000000000142");
  await w.last("POST notices/lookup").answer(200, debt({ verified: false, offline: true, verified_at: "2026-11-21T08:30:00Z", warnings: [{ code: "offline_charged", text: "Incasso a piattaforma spenta." }] }));
  await settle();
  expect(screen.getByText("Debito non verificato: la piattaforma non risponde.")).toBeTruthy();
  expect(screen.queryByText("Incasso a piattaforma spenta.")).toBeNull();
  expect(screen.getByText(/Verificato qui l’ultima volta/)).toBeTruthy();
  w.page.take("302001000000000143");
  await w.last("POST notices/lookup").answer(200, debt({ offline: true, warnings: [{ code: "offline_unverified", text: "Parole del servizio.", hint: "E che fare." }] }));
  await settle();
  expect(screen.getAllByText("Parole del servizio.").length).toBe(1);
  expect(screen.getByText(/E che fare\. Mai verificato qui/)).toBeTruthy();
});

it("a debt that the platform may have made all the same is asked for again under the same id", async () => {
  await w.online();
  const request = { service: "tari", creditor: "01199250158", debtor: { tax_code: "RSSMRA80A01H501U", name: "R" } };
  const ids: unknown[] = [];
  for (const code of ["platform_unavailable", "internal", "form_invalid", "form_invalid"]) {
    const asking = w.page.desk.create(request);
    ids.push(w.last("POST positions").body["request_id"]);
    await w.last("POST positions").answer(502, { error: { code, message: "No." } });
    await asking;
  }
  expect(ids).toEqual(["id-1", "id-1", "id-1", "id-2"]); // a refusal of what is wrong has made nothing
});
