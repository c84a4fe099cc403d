import { describe, expect, it } from "vitest";
import { empty, type Counter } from "../src/core/counter";
import * as o from "../src/core/office";
import { hours, kindOf, kinds } from "../src/core/takings";
import type { Case, QueueItem, StoryEntry } from "../src/core/types.gen";
import { now, payment, snapshot } from "./fixtures";

function counter(over: Partial<Counter> = {}, snap: Parameters<typeof snapshot>[0] = {}): Counter {
  const s = snapshot(snap);
  return { ...empty, link: "online", operator: s.operator, mirror: { ...s, clockOffset: 0 }, ...over };
}

const one = (over: Partial<Case>): Case => ({ id: "C1", cause: { code: "receipt_missing", text: "Manca" }, opened: "2026-11-20T10:00:00Z", seq: 3, ...over });

describe("what waits", () => {
  const c = counter(
    { office: { ...o.emptyOffice, cases: { value: [one({ id: "late", due: "2026-11-20T12:00:00Z" }), one({ id: "over", ended: "2026-11-21T09:00:00Z" }), one({ id: "no" })] } } },
    {
      payments: [
        payment({ id: "asking", state: "unknown", created_at: "2026-11-21T09:00:00Z" }),
        payment({ id: "people", state: "unknown", needs_people: true, created_at: "2026-11-21T09:30:00Z" }),
        payment({ id: "back", state: "reversing", needs_people: true, created_at: "2026-11-21T08:00:00Z" }),
        payment({ id: "fine", state: "charged" }),
      ],
    },
  );

  it("to verify: who needs people first, then the oldest", () => {
    expect(o.toVerify(c).map((p) => p.id)).toEqual(["back", "people", "asking"]);
    expect(o.waiting(c, "verify")).toBe(3);
    expect(o.inQuestion(c)?.id).toBe("back");
    expect(o.inQuestion({ ...c, office: { ...c.office, story: "asking" } })?.id).toBe("asking");
  });

  it("cases: open ones only, what is due first", () => {
    expect(o.openCases(c).map((x) => x.id)).toEqual(["late", "no"]);
    expect(o.endedCases(c).map((x) => x.id)).toEqual(["over"]);
    expect(o.pressing(c, "cases")).toBe(true);
    expect(o.overdue(one({ due: "2026-11-20T12:00:00Z" }), now)).toBe(true);
    expect(o.overdue(one({ due: "2026-11-22T12:00:00Z" }), now)).toBe(false);
    expect(o.overdue(one({ due: "2026-11-20T12:00:00Z", ended: "2026-11-20T13:00:00Z" }), now)).toBe(false);
  });

  it("queue: the service's figures, else the list's; amber or red is pressing", () => {
    const item = (over: Partial<QueueItem>): QueueItem => ({ payment_id: "p", creditor: "c", number: "n", amount_cents: 1, registration: "awaiting_receipt", since: "2026-11-21T09:00:00Z", tries: 1, late: false, ...over });
    const listed = { ...c, office: { ...c.office, queue: { value: [item({})] } } };
    expect([o.waiting(listed, "queue"), o.pressing(listed, "queue")]).toEqual([1, false]);
    const told = counter({}, { queue: { depth: 7, late: 1, red: 0, watched: 2, away: false, draining: false, done: 0, total: 0 } });
    expect([o.waiting(told, "queue"), o.pressing(told, "queue")]).toEqual([7, true]);
    const items = [item({ number: "green" }), item({ number: "red", late: true, red: true }), item({ number: "amber", late: true }), item({ number: "older", since: "2026-11-21T08:00:00Z" })];
    expect(o.inLine(items).map((x) => x.number)).toEqual(["red", "amber", "older", "green"]);
  });
});

describe("an answer", () => {
  it.each([
    [{}, "answer"],
    [{ answer: "charged", stan: "12" }, "stan"],
    [{ answer: "charged", stan: "000000" }, "stan"],
    [{ answer: "charged", stan: "" }, undefined],
    [{ answer: "charged", stan: "000128" }, undefined],
    [{ answer: "not_charged", stan: "12" }, undefined],
    [{ answer: "unknown", note: "carta 4929 0000 0000 6" }, "card"],
    [{ answer: "unknown", note: "avviso 302001000000000142, ore 10:32" }, undefined],
  ] as const)("%j lacks %s", (over, want) => expect(o.missing({ ...o.emptyForm, ...over })).toBe(want));

  it("takes two people unless the terminal says so, too", () => {
    expect(o.needs(payment({ preset: "charged" }), "charged")).toBe("one");
    expect(o.needs(payment({ preset: "charged" }), "not_charged")).toBe("two");
    expect(o.needs(payment(), "charged")).toBe("two");
    expect(o.needs(payment(), "unknown")).toBe("one");
  });

  it("of a reversal is about the reversal", () => {
    expect(o.answersFor(payment({ state: "reversing" }))).toEqual(["reversed", "not_reversed", "unknown"]);
    expect(o.answersFor(payment({ state: "unknown" }))).toEqual(["charged", "not_charged", "unknown"]);
  });

  it("is signed by another person, a supervisor", () => {
    const as = (id: string, role: "clerk" | "supervisor") => counter({ operator: { id, name: id, role } });
    expect(o.partOf(as("rossi", "supervisor"), "rossi")).toBe("own");
    expect(o.partOf(as("bianchi", "supervisor"), "rossi")).toBe("sign");
    expect(o.partOf(as("verdi", "clerk"), "rossi")).toBe("fetch");
    expect(o.mayAnswer(as("verdi", "clerk"), payment({ state: "unknown" }))).toBe(false);
    expect(o.mayAnswer(as("verdi", "clerk"), payment({ state: "unknown", needs_people: true }))).toBe(true);
    expect(o.mayAnswer(as("bianchi", "supervisor"), payment({ state: "unknown" }))).toBe(true);
  });
});

it("finds card numbers and nothing else", () => {
  for (const card of ["4929000000006", "4929 0000 0000 6", "5500-0000-0000-0004", "x340000000000009y"]) expect(o.holdsCard(card)).toBe(true);
  for (const none of ["302001000000000142", "01199250158", "4929000000007", "STAN 000128 ore 10:32", ""]) expect(o.holdsCard(none)).toBe(false);
});

it("knows when more is known than the screen shows", () => {
  const p = payment({ id: "p", state: "unknown", evidence_seq: 9 });
  const c = counter({}, { payments: [p] });
  expect(o.behind(c, "p")).toBe(true);
  const told = { ...c, office: { ...c.office, stories: { p: { value: p } } } };
  expect(o.behind(told, "p")).toBe(false);
  expect(o.behind({ ...told, mirror: { ...told.mirror!, payments: [{ ...p, evidence_seq: 10 }] } }, "p")).toBe(true);
});

const entry = (over: Partial<StoryEntry>): StoryEntry => ({ seq: 1, at: "2026-11-21T10:00:00Z", kind: "sent", text: "", by: [], ...over });

it("tells which clocks still run, the nearest first", () => {
  const n = payment().notices[0]!;
  const waits = { ...n, registration: "awaiting_receipt" as const, receipt_due: "2026-11-21T10:30:00Z", flow_due: "2026-11-23T23:00:00Z" };
  expect(o.ahead(payment({ notices: [waits, { ...waits, registration: "registered" }, { ...waits, receipt_due: "2026-11-21T10:20:00Z" }] })).map((x) => [x.what, x.notice])).toEqual([
    ["due", 3],
    ["due", 1],
    ["flow", 1],
    ["flow", 3],
  ]);
  expect(o.ahead(payment({ reversal: { operator: "b", sent_at: "", free_at: "2026-11-21T10:36:00Z" } })).map((x) => x.what)).toEqual(["free"]);
});

it("a step's tone is its state's, or that of what it tells", () => {
  expect(o.entryTone(entry({ state: "charged" }))).toBe("good");
  expect(o.entryTone(entry({ state: "not_charged" }))).toBe("bad");
  expect(o.entryTone(entry({ registration: "paid_elsewhere" }))).toBe("warn");
  expect(o.entryTone(entry({ kind: "submitted", fault: "PAG_014" }))).toBe("warn");
  expect(o.entryTone(entry({ kind: "case_opened" }))).toBe("warn");
  expect(o.entryTone(entry({}))).toBe("info");
});

it("decisions are people's, of one case where it is named", () => {
  const all = [
    entry({ seq: 1, by: ["rossi"] }), // who asked decided nothing yet
    entry({ seq: 2, kind: "outcome", state: "unknown" }),
    entry({ seq: 3, kind: "resolution_proposed", by: ["rossi"] }),
    entry({ seq: 4, kind: "outcome", state: "charged", by: ["rossi", "bianchi"] }),
    entry({ seq: 5, kind: "case_ended", by: ["bianchi"], case: "C1" }),
    entry({ seq: 6, kind: "case_ended", case: "C2" }),
  ];
  expect(o.decisions(all).map((e) => e.seq)).toEqual([3, 4, 5]);
  expect(o.decisions(all, "C1").map((e) => e.seq)).toEqual([5]);
  expect(o.decisions(undefined)).toEqual([]);
});

it("a registration that says nothing new is not told again", () => {
  const reg = (seq: number, over: Partial<StoryEntry>) => entry({ seq, kind: "registration", notice: 1, ...over });
  const all = [
    reg(1, { registration: "awaiting_receipt" }),
    reg(2, { registration: "registered", receipt_id: "c1" }),
    reg(3, { registration: "registered" }), // its PDF was kept
    reg(4, { registration: "registered", notice: 2 }),
    reg(5, { registration: "awaiting_receipt", reason: { code: "receipt_late", text: "Tarda" } }),
    entry({ seq: 6, kind: "case_opened", notice: 1 }),
    entry({ seq: 7, kind: "case_opened", notice: 1 }),
  ];
  expect(o.worthTelling(all).map((e) => e.seq)).toEqual([1, 2, 4, 5, 6, 7]);
});

it("an id is read as a name where the service knows it", () => {
  const all = [{ id: "rossi", name: "Maria Rossi", role: "clerk" as const }];
  expect([o.personOf(all, "rossi"), o.personOf(all, "verdi"), o.personOf(undefined, "rossi")]).toEqual(["Maria Rossi", "verdi", "rossi"]);
});

it("says spans as people do", () => {
  expect(o.span(119 * 60_000)).toEqual({ unit: "minutes", n: 119 });
  expect(o.span(120 * 60_000)).toEqual({ unit: "hours", n: 2 });
  expect(o.span(50 * 3_600_000)).toEqual({ unit: "days", n: 2 });
  expect(o.span(-5)).toEqual({ unit: "minutes", n: 0 });
});

it("counts the day's takings by the counter's hours", () => {
  const at = (iso: string, cents: number, state: "charged" | "reversed" = "charged") => payment({ state, created_at: iso, amount_cents: cents });
  expect(hours([at("2026-11-21T08:10:00Z", 100), at("2026-11-21T08:50:00Z", 250), at("2026-11-21T10:00:00Z", 70), at("2026-11-21T09:00:00Z", 9, "reversed"), at("2026-11-20T08:10:00Z", 9)], now)).toEqual([
    { hour: 9, count: 2, cents: 350 },
    { hour: 10, count: 0, cents: 0 },
    { hour: 11, count: 1, cents: 70 },
  ]);
  expect(hours([], now)).toEqual([]);
});

it("counts the day's takings by service, the small ones together", () => {
  expect(["TARI 2026, acconto", "TARI 2025", "Diritti di segreteria, pratica 4711", "Canone unico patrimoniale", "Passo carrabile n. 12", "Multa del 12/11", "  "].map(kindOf)).toEqual([
    "TARI",
    "TARI",
    "Diritti di segreteria",
    "Canone unico patrimoniale",
    "Passo carrabile",
    "Multa",
    "",
  ]);
  const of = (description: string, cents: number, over = {}) => payment({ state: "charged", amount_cents: cents, notices: [{ ...payment().notices[0]!, description, amount_cents: cents }], ...over });
  expect(kinds([of("Mensa, ottobre", 10), of("TARI 2026", 300), of("Mensa, novembre", 20), of("TARI 2025", 1, { state: "reversed" })], now)).toEqual([
    { name: "TARI", count: 1, cents: 300 },
    { name: "Mensa", count: 2, cents: 30 },
  ]);
  const many = kinds(["A", "B", "C", "D", "E", "F", "G"].map((x, i) => of(x, 100 - i)), now);
  expect(many.length).toBe(6);
  expect(many.at(-1)).toEqual({ name: "", rest: true, count: 2, cents: 95 + 94 });
});
