import type { Activity, Notice, Payment, Snapshot, Terminal } from "../src/core/types.gen";

export const now = Date.parse("2026-11-21T10:00:00Z");

export function terminal(over: Partial<Terminal> = {}): Terminal {
  return { name: "cassa1", label: "Cassa 1", light: "ready", ...over };
}

export function payment(over: Partial<Payment> = {}): Payment {
  return {
    id: "A1-00000001",
    request_id: "r1",
    reference: "A1K7M2Q9XR",
    installation: "A1",
    state: "sent",
    settlement: "terminal",
    amount_cents: 4250,
    terminal: "cassa1",
    operator: "rossi",
    created_at: "2026-11-21T10:00:00Z",
    updated_at: "2026-11-21T10:00:00Z",
    notices: [
      {
        creditor: "01199250158",
        number: "302001000000000142",
        amount_cents: 4250,
        description: "TARI 2026",
        registration: "none",
      },
    ],
    resolved_by: [],
    ...over,
  };
}

export function debt(over: Partial<Notice> = {}): Notice {
  return {
    creditor: "01199250158",
    creditor_name: "Comune di Esempio",
    number: "302001000000000142",
    description: "TARI 2026",
    amount_cents: 4250,
    payable: true,
    ...over,
  };
}

export function activity(over: Partial<Activity> = {}): Activity {
  return { request_id: "r1", terminal: "cassa1", phase: "card", text: "", since: "2026-11-21T10:00:00Z", ...over };
}

export function snapshot(over: Partial<Snapshot> = {}): Snapshot {
  return {
    sequence: 10,
    now: "2026-11-21T10:00:00Z",
    version: "0",
    demo: false,
    language: "it",
    creditors: [{ tax_code: "01199250158", name: "Comune di Esempio" }],
    operator: { id: "rossi", name: "Maria Rossi", role: "clerk" },
    terminals: [terminal()],
    platform: { light: "ready" },
    activities: [],
    payments: [],
    ...over,
  };
}
