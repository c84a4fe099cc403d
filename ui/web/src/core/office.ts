// What waits for people, as plain data and pure functions: payments whose outcome is not known, cases,
// closings, and the view that the clerk looks at. No I/O here: the desk (desk.ts) asks the service.

import { emptyArchive, type Archive } from "./archive";
import type { Counter } from "./counter";
import type { Bundle } from "./status";
import type { Answer, ApiError, Case, DayReport, Offline, Operator, Payment, QueueItem, RestoreStatus, SearchResult, Service, StoryEntry, Terminal, TerminalReport } from "./types.gen";

/** A view of the page. The story is a payment's, reached from the others; it has no place of its own in the list. */
export type ViewName = "till" | "verify" | "cases" | "queue" | "closing" | "debtor" | "services" | "archive" | "status" | "story";

/** views is the list as it stands on the page. */
export const views: readonly ViewName[] = ["till", "debtor", "services", "archive", "verify", "cases", "queue", "closing", "status"];

/** Fetched is something that the service was asked for: what it said last, and whether it is asked again. */
export interface Fetched<T> {
  busy?: boolean;
  value?: T;
  error?: ApiError;
}

/** Asked is a decision on its way to the service, or what became of it. */
export interface Asked {
  busy: boolean;
  error?: ApiError;
  /** When it was refused, RFC 3339. */
  at?: string;
  /** Nobody knows whether the service has it: the same decision again goes out under the same id. */
  lost?: boolean;
}

/** Reported is what a terminal said of its totals, and when. */
export interface Reported {
  report: TerminalReport;
  at: string;
}

export interface Office {
  /** Where the story was opened from. */
  from: ViewName;
  /** The payment whose story is open, or whose evidence is looked at. */
  story?: string;
  /** What GET payments/{id} said: with the evidence, whose number a decision names. */
  stories: Record<string, Fetched<Payment>>;
  /** What was written about them, step by step. */
  told: Record<string, Fetched<StoryEntry[]>>;
  /** The open ones, or with all also those that have ended. */
  cases: Fetched<Case[]>;
  allCases: boolean;
  openCase?: string;
  queue: Fetched<QueueItem[]>;
  /** What was found for a debtor: personal data, which no reload and no lock outlives. */
  search: Fetched<SearchResult>;
  services: Fetched<Service[]>;
  /** What keeps a ledger from a copy from charging. */
  restore: Fetched<RestoreStatus>;
  archive: Archive;
  /** The figures of an accounting day; "" is today. */
  report: Fetched<DayReport> & { day: string };
  /** What was gathered for the support: it stays on this screen until it is left or locked. */
  bundle: Fetched<Bundle>;
  /** The help stands beside the view. */
  help: boolean;
  /** By terminal; what a mere question was answered stands under statusOf. */
  reports: Record<string, Reported>;
  /** By what is decided: see the keys below. */
  asked: Record<string, Asked>;
}

export const emptyOffice: Office = {
  from: "till",
  stories: {},
  told: {},
  cases: {},
  allCases: false,
  queue: {},
  search: {},
  services: {},
  restore: {},
  archive: emptyArchive,
  report: { day: "" },
  bundle: {},
  help: false,
  reports: {},
  asked: {},
};

// The keys of Office.asked.
export const resolutionOf = (payment: string) => `resolution ${payment}`;
export const reversalOf = (payment: string) => `reversal ${payment}`;
export const endingOf = (one: string) => `ending ${one}`;
export const closingOf = (terminal: string) => `closing ${terminal}`;
export const statusOf = (terminal: string) => `status ${terminal}`;
export const fileOf = (path: string) => `file ${path}`;
export const printOf = (payment: string, what: string) => `print ${what} ${payment}`;
export const offlineKey = "offline";
export const createKey = "create";

/** restored is what this ledger waits for before anything is charged with it; undefined: for nothing. */
export function restored(c: Counter): RestoreStatus | undefined {
  const { value } = c.office.restore;
  return value && !value.open ? value : undefined;
}

/** gated says that it waits, or that a terminal says so. */
export function gated(c: Counter): boolean {
  const says = (code: string | undefined) => /^(restore_|ledger_restored|installation_moved)/.test(code ?? "");
  return restored(c) !== undefined || (c.mirror?.terminals.some((t) => says(t.reason?.code)) ?? false);
}

/** undecided says that people may have to say what became of a payment, or of its reversal. */
export function undecided(p: Payment | undefined): boolean {
  return p?.state === "unknown" || p?.state === "reversing";
}

/** toVerify are the payments whose outcome is not known: first those that people must decide, then the oldest. */
export function toVerify(c: Counter): Payment[] {
  const all = (c.mirror?.payments ?? []).filter(undecided);
  return all.sort((a, b) => Number(b.needs_people ?? false) - Number(a.needs_people ?? false) || a.created_at.localeCompare(b.created_at));
}

/** openCases are the cases that have not ended; those that are due come first. */
export function openCases(c: Counter): Case[] {
  return inOrder((c.office.cases.value ?? []).filter((x) => !x.ended));
}

/** endedCases are those that have, the newest first. */
export function endedCases(c: Counter): Case[] {
  const all = (c.office.cases.value ?? []).filter((x) => x.ended);
  return all.sort((a, b) => (b.ended ?? "").localeCompare(a.ended ?? ""));
}

function inOrder(cases: Case[]): Case[] {
  return cases.sort((a, b) => (a.due ?? "9").localeCompare(b.due ?? "9") || a.opened.localeCompare(b.opened));
}

/** waiting is the number beside a view's name; 0 for none. */
export function waiting(c: Counter, view: ViewName): number {
  switch (view) {
    case "verify":
      return toVerify(c).length;
    case "cases":
      return openCases(c).length;
    case "queue":
      return c.mirror?.queue?.depth ?? c.office.queue.value?.length ?? 0;
    default:
      return 0;
  }
}

/** pressing says that somebody should look at a view: its number is not just for information. */
export function pressing(c: Counter, view: ViewName): boolean {
  if (view === "queue") return c.mirror?.queue ? c.mirror.queue.late + c.mirror.queue.red > 0 : (c.office.queue.value ?? []).some((i) => i.late);
  return (view === "verify" || view === "cases") && waiting(c, view) > 0;
}

/** known finds a payment: as the service's events have it, or as it was fetched. */
export function known(c: Counter, id: string | undefined): Payment | undefined {
  if (!id) return undefined;
  const live = c.mirror?.payments.find((p) => p.id === id);
  const fetched = c.office.stories[id]?.value;
  if (!live || !fetched) return live ?? fetched;
  return fetched.updated_at > live.updated_at ? fetched : live;
}

/** inQuestion is the payment that Da verificare shows: the chosen one, or the first. */
export function inQuestion(c: Counter): Payment | undefined {
  const list = toVerify(c);
  return list.find((p) => p.id === c.office.story) ?? list[0];
}

/** shownCase is the case that Casi shows: the chosen one, or the first that is open. */
export function shownCase(c: Counter): Case | undefined {
  const all = c.office.cases.value ?? [];
  return all.find((x) => x.id === c.office.openCase) ?? openCases(c)[0];
}

/** behind says that more is known of a payment than the evidence on the screen tells. */
export function behind(c: Counter, id: string): boolean {
  const live = c.mirror?.payments.find((p) => p.id === id);
  const fetched = c.office.stories[id]?.value;
  if (!live || !fetched) return live !== undefined;
  return live.evidence_seq !== fetched.evidence_seq || live.state !== fetched.state || live.updated_at > fetched.updated_at;
}

/** answersFor is what people may say: of a payment whether the card was charged, of a reversal whether it was given back. */
export function answersFor(p: Payment): readonly Answer[] {
  return p.state === "reversing" ? ["reversed", "not_reversed", "unknown"] : ["charged", "not_charged", "unknown"];
}

/** Needs is how many people an answer takes, as far as the page can tell; the service has the last word. */
export function needs(p: Payment, answer: Answer): "one" | "two" {
  if (answer === "unknown") return "one";
  return answer === "charged" && p.preset === "charged" ? "one" : "two";
}

/** Form is an answer being written. */
export interface Form {
  answer?: Answer;
  stan: string;
  auth: string;
  note: string;
}

export const emptyForm: Form = { stan: "", auth: "", note: "" };

/** Missing is what keeps an answer from being sent. */
export type Missing = "answer" | "stan" | "card";

/** missing checks an answer as the service will: an STAN has six digits, and no card number is ever written down. */
export function missing(form: Form): Missing | undefined {
  if (!form.answer) return "answer";
  if (form.answer === "charged" && form.stan !== "" && !/^\d{6}$/.test(form.stan)) return "stan";
  if (form.answer === "charged" && form.stan === "000000") return "stan";
  if (holdsCard(form.note) || holdsCard(form.auth)) return "card";
  return undefined;
}

/** holdsCard finds 13 to 19 digits with the check digit of a card number; 18 are a notice's. */
export function holdsCard(text: string): boolean {
  for (const [run] of text.matchAll(/\d(?:[ .-]*\d)+/g)) {
    const digits = run.replace(/\D/g, "");
    if (digits.length >= 13 && digits.length <= 19 && digits.length !== 18 && luhn(digits)) return true;
  }
  return false;
}

function luhn(digits: string): boolean {
  let sum = 0;
  [...digits].reverse().forEach((d, i) => {
    const n = i % 2 ? Number(d) * 2 : Number(d);
    sum += n > 9 ? n - 9 : n;
  });
  return sum % 10 === 0;
}

/** Part is what a person may do about another's proposal: sign it, take the own one back, or fetch somebody. */
export type Part = "sign" | "own" | "fetch";

/** partOf tells the operator's part. */
export function partOf(c: Counter, by: string): Part {
  if (c.operator?.id === by) return "own";
  return c.operator?.role === "supervisor" ? "sign" : "fetch";
}

/** mayAnswer says who may answer now: while the terminal is being asked, only a supervisor. */
export function mayAnswer(c: Counter, p: Payment): boolean {
  return Boolean(p.needs_people) || c.operator?.role === "supervisor";
}

/** terminalOf is the terminal of a payment. */
export function terminalOf(c: Counter, p: Payment | undefined): Terminal | undefined {
  return c.mirror?.terminals.find((t) => t.name === p?.terminal);
}

/** terminalLabel is a terminal's name as people know it. */
export function terminalLabel(c: Counter, name: string): string {
  return c.mirror?.terminals.find((t) => t.name === name)?.label || name;
}

/** personOf is who an id is; one that the service no longer knows is the id. */
export function personOf(operators: Operator[] | undefined, id: string): string {
  return operators?.find((x) => x.id === id)?.name || id;
}

/** overdue says that a case should have been ended by now. */
export function overdue(one: Case, now: number): boolean {
  return !one.ended && one.due !== undefined && Date.parse(one.due) < now;
}

/** Urgency is how far a charge is past its clocks (design 10): amber is looked for, red is somebody's case. */
export type Urgency = "green" | "amber" | "red";

export function urgency(item: QueueItem): Urgency {
  if (item.red) return "red";
  return item.late ? "amber" : "green";
}

/** inLine is the queue with what presses first: the oldest of each urgency before the younger. */
export function inLine(items: QueueItem[]): QueueItem[] {
  const order: Urgency[] = ["red", "amber", "green"];
  return items.toSorted((a, b) => order.indexOf(urgency(a)) - order.indexOf(urgency(b)) || a.since.localeCompare(b.since));
}

/** Span is a length of time as people say it. */
export interface Span {
  unit: "minutes" | "hours" | "days";
  n: number;
}

/** span rounds milliseconds down to what matters: minutes up to two hours, hours up to two days. */
export function span(ms: number): Span {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return { unit: "minutes", n: minutes };
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? { unit: "hours", n: hours } : { unit: "days", n: Math.floor(hours / 24) };
}

/** period is the open period of charging without the platform. */
export function period(c: Counter, now: number): Offline | undefined {
  const p = c.mirror?.offline;
  return p && !p.closed_at && Date.parse(p.until) > now ? p : undefined;
}

/** Ahead is a clock of a payment that still runs, or a moment that is awaited. */
export interface Ahead {
  what: "due" | "flow" | "free";
  at: string;
  /** The payment's first is 1; absent: all. */
  notice?: number;
}

/** ahead are the clocks of a payment, the nearest first: of every notice that is not registered yet, and of a reversal. */
export function ahead(p: Payment): Ahead[] {
  const all: Ahead[] = [];
  if (p.reversal?.free_at) all.push({ what: "free", at: p.reversal.free_at });
  p.notices.forEach((n, i) => {
    if (n.registration === "registered" || n.registration === "closed") return;
    if (n.receipt_due) all.push({ what: "due", at: n.receipt_due, notice: i + 1 });
    if (n.flow_due) all.push({ what: "flow", at: n.flow_due, notice: i + 1 });
  });
  return all.sort((a, b) => a.at.localeCompare(b.at));
}

export type EntryTone = "good" | "warn" | "bad" | "info";

/** entryTone is how a step of a story looks; its words always stand beside it. */
export function entryTone(e: StoryEntry): EntryTone {
  if (e.state === "charged" || e.registration === "registered" || e.kind === "case_ended") return "good";
  if (e.state === "not_charged") return "bad";
  if (e.state === "unknown" || e.state === "reversing" || e.fault) return "warn";
  if (e.registration && ["held", "paid_elsewhere", "rejected"].includes(e.registration)) return "warn";
  if (e.kind === "aftermath" && !e.acked) return "warn";
  return /^(case_opened|contradicted|resolution_(parked|declined)|ending_declined)$/.test(e.kind) ? "warn" : "info";
}

/** worthTelling leaves out of a story what says nothing new of a registration: the platform was only looked at again. */
export function worthTelling(entries: StoryEntry[] | undefined): StoryEntry[] {
  const last = new Map<number, string>();
  return (entries ?? []).filter((e) => {
    if (e.kind !== "registration" || e.reason || e.by.length > 0 || e.fault) return true;
    const said = `${e.registration} ${e.receipt_id ?? last.get(e.notice ?? 0)?.split(" ")[1] ?? ""}`;
    const news = last.get(e.notice ?? 0) !== said;
    last.set(e.notice ?? 0, said);
    return news;
  });
}

/** decisions are the steps that people took about how a payment, or one of its cases, ended. */
export function decisions(entries: StoryEntry[] | undefined, one?: string): StoryEntry[] {
  const kinds = /^(resolution_|ending_|case_ended|terminal_freed|reversal_sent)/;
  return (entries ?? []).filter((e) => e.by.length > 0 && (kinds.test(e.kind) || (e.kind === "outcome" && e.by.length > 0)) && (!one || e.case === one));
}

/** decidedToday are the payments that people have decided, the newest first. */
export function decidedToday(c: Counter): Payment[] {
  return (c.mirror?.payments ?? []).filter((p) => p.resolved_by.length > 0 && !undecided(p));
}
