// What the clerk has in hand, as plain data and pure functions: the debt on the screen, what was asked
// of each terminal, and from both (and the mirror) the one stage that the page shows. No I/O here.

import { withAnswer, type Mirror } from "./mirror";
import { emptyOffice, type Office, type ViewName } from "./office";
import type { Activity, ApiError, Notice, Operator, Payment, PaymentRequest, Terminal } from "./types.gen";

export type Link = "connecting" | "online" | "lost";

/** Hand is the code on the screen and what the platform said of it. It belongs to no terminal yet. */
export interface Hand {
  code: string;
  busy: boolean;
  debt?: Notice;
  error?: ApiError;
  /** The amount that the citizen accepted although the print says another. */
  acceptedCents?: number;
}

/** Job is what was last asked of one terminal. */
export interface Job {
  request: PaymentRequest;
  debt?: Notice;
  /**
   * asking: the answer is awaited. accepted: the service has it. refused: it said no, nothing was charged.
   * lost: no answer came; the snapshot, or a repeat with the same request id, tells.
   */
  status: "asking" | "accepted" | "refused" | "lost";
  error?: ApiError;
  /** Seen on the terminal, asked by another page or program. */
  foreign?: boolean;
}

export interface Counter {
  operator?: Operator;
  /** The PIN brings this operator back. */
  lockedFor?: string;
  loginError?: ApiError;
  link: Link;
  mirror?: Mirror;
  terminal?: string;
  hand?: Hand;
  jobs: Record<string, Job>;
  /** The payment whose detail is open in the list. */
  detail?: string;
  /** Said once, by the live regions and the line under the field. */
  remark?: { text: string; at: number };
  /** Terminal actions (free, adopt) in flight or refused. */
  action?: { terminal: string; busy: boolean; error?: ApiError; text?: string };
  slips: Record<string, Slip>;
  /** What the clerk looks at; a payment in hand is on every view. */
  view: ViewName;
  /** What waits for people. */
  office: Office;
  /** The payment whose slip was last sent to the printer. */
  printing?: string;
}

export interface Slip {
  text: string;
  complete: boolean;
  error?: ApiError;
}

/** Stage is the one thing that the work area shows. */
export type Stage =
  | { kind: "idle" }
  | { kind: "looking"; code: string }
  | { kind: "unreadable"; error: ApiError; code: string }
  | { kind: "debt"; debt: Notice; differs: boolean; block?: Block }
  | { kind: "working"; phase: string; activity?: Activity; payment?: Payment; cents: number }
  | { kind: "lost"; job: Job }
  | { kind: "refused"; job: Job; error: ApiError }
  | { kind: "unknown"; payment: Payment; activity?: Activity }
  | { kind: "declined"; payment: Payment; retry: boolean; block?: Block }
  | { kind: "charged"; payment: Payment };

/** Block is why no charge can start now. */
export type Block = "offline" | "not_payable" | "no_terminal" | "busy" | "locked" | "adopt";

export const empty: Counter = { link: "connecting", jobs: {}, slips: {}, view: "till", office: emptyOffice };

/** terminalInHand is the chosen terminal, or the first that is ready, or the first. */
export function terminalInHand(c: Counter): Terminal | undefined {
  const all = c.mirror?.terminals ?? [];
  return all.find((t) => t.name === c.terminal) ?? all.find((t) => t.light === "ready") ?? all[0];
}

/** nextTerminal is the one that F2 changes to; undefined when there is no other. */
export function nextTerminal(c: Counter): Terminal | undefined {
  const all = c.mirror?.terminals ?? [];
  if (all.length < 2) return undefined;
  const at = all.findIndex((t) => t.name === terminalInHand(c)?.name);
  return all[(at + 1) % all.length];
}

/** paymentOf finds what became of a request. */
export function paymentOf(c: Counter, requestID: string): Payment | undefined {
  return c.mirror?.payments.find((p) => p.request_id === requestID);
}

/** taken says that a payment holds the notice of a debt that is still offered: by another page or program. */
export function taken(hand: Hand, payment: Payment): boolean {
  const { debt } = hand;
  if (hand.busy || !debt?.payable || payment.state === "not_charged") return false;
  return payment.notices.some((n) => n.creditor === debt.creditor && n.number === debt.number);
}

/** activityOn is the payment that a terminal has in hand. */
export function activityOn(c: Counter, terminal: string | undefined): Activity | undefined {
  return c.mirror?.activities.find((a) => a.terminal === terminal);
}

/** blocked says why no charge can start on the chosen terminal. */
export function blocked(c: Counter): Block | undefined {
  if (c.link !== "online" || !c.mirror) return "offline";
  const t = terminalInHand(c);
  if (!t) return "no_terminal";
  if (t.locked) return "locked";
  if (t.needs_adopt) return "adopt";
  if (t.light === "busy" || activityOn(c, t.name)) return "busy";
  return undefined; // a terminal that is not ready is asked anyway: it may have come back
}

/** stage decides what the page shows. Money facts come from the mirror only. */
export function stage(c: Counter): Stage {
  const t = terminalInHand(c);
  const job = t && c.jobs[t.name];
  const activity = activityOn(c, t?.name);
  if (job) {
    const at = jobStage(c, job, activity);
    if (at) return at;
  }
  if (activity) return working(c, activity);
  if (!c.hand) return { kind: "idle" };
  const { hand } = c;
  if (hand.busy) return { kind: "looking", code: hand.code };
  if (hand.error) return { kind: "unreadable", error: hand.error, code: hand.code };
  if (!hand.debt) return { kind: "idle" };
  return {
    kind: "debt",
    debt: hand.debt,
    differs: mustAccept(hand),
    block: hand.debt.payable ? blocked(c) : "not_payable",
  };
}

function jobStage(c: Counter, job: Job, activity: Activity | undefined): Stage | undefined {
  const payment = paymentOf(c, job.request.request_id);
  const own = activity?.request_id === job.request.request_id ? activity : undefined;
  if (payment) {
    switch (payment.state) {
      case "open":
      case "sent":
        return { kind: "working", phase: own?.phase ?? "", activity: own, payment, cents: payment.amount_cents };
      case "unknown":
        return { kind: "unknown", payment, activity: own };
      case "charged":
      case "reversing":
      case "reversed":
        return { kind: "charged", payment };
      case "not_charged":
        if (job.status === "refused" && job.error) return { kind: "refused", job, error: job.error };
        return { kind: "declined", payment, retry: !activity && !own, block: blocked(c) };
    }
  }
  if (own) return working(c, own);
  if (activity) return undefined; // somebody else's payment is on the terminal: show that one
  if (job.status === "refused" && job.error) return { kind: "refused", job, error: job.error };
  if (job.status === "lost") return { kind: "lost", job };
  if (job.status === "asking") return { kind: "working", phase: "", cents: total(job.request) };
  return undefined;
}

function working(c: Counter, activity: Activity): Stage {
  // A reversal has a request id of its own, which is not its payment's.
  const payment = paymentOf(c, activity.request_id) ?? c.mirror?.payments.find((p) => p.id === activity.payment_id);
  if (payment?.state === "unknown") return { kind: "unknown", payment, activity };
  const job = c.jobs[activity.terminal];
  const asked = job?.request.request_id === activity.request_id ? total(job.request) : 0;
  return { kind: "working", phase: activity.phase, activity, payment, cents: payment?.amount_cents ?? asked };
}

/** mustAccept says that the print shows another amount and the citizen has not accepted this one yet. */
export function mustAccept(hand: Hand): boolean {
  const { debt } = hand;
  if (!debt?.payable || !debt.printed_cents) return false;
  return debt.printed_cents !== debt.amount_cents && hand.acceptedCents !== debt.amount_cents;
}

/** canRetry says that asking the same again may help: the fault was on the way, not in the debt. */
export function canRetry(error: ApiError): boolean {
  if (error.code.startsWith("platform_")) return true;
  return [
    "terminal_unreachable",
    "terminal_silent",
    "terminal_not_ready",
    "terminal_refused",
    "terminal_no_baseline",
    "terminal_busy",
    "terminal_locked",
    "terminal_unknown_transaction",
    "terminal_unproven",
    "terminal_without_receipts",
    "not_commissioned",
    "passport_changed",
    "not_a_terminal",
    "wrong_terminal",
    "wrong_lrc",
    "disk_full",
    "throttled",
  ].includes(error.code);
}

/** unasked says that nobody could be asked about a code: the code itself may be right. */
export function unasked(error: ApiError): boolean {
  return /^(platform|offline)_/.test(error.code) || error.code === "internal";
}

/** requestFor asks to charge a debt at the amount on the screen. */
export function requestFor(debt: Notice, terminal: string, requestID: string): PaymentRequest {
  return {
    request_id: requestID,
    terminal,
    notices: [{ creditor: debt.creditor, number: debt.number, expected_cents: debt.amount_cents }],
  };
}

/** retryOf asks for another card: a new request that names the payment it follows. */
export function retryOf(payment: Payment, terminal: string, requestID: string): PaymentRequest {
  return {
    request_id: requestID,
    terminal,
    retry_of: payment.id,
    notices: payment.notices.map((n) => ({
      creditor: n.creditor,
      number: n.number,
      expected_cents: n.amount_cents,
    })),
  };
}

/** settled drops what is over from the chosen terminal, so that the next notice has the screen. */
export function settled(c: Counter): Counter {
  const t = terminalInHand(c);
  if (!t || !c.jobs[t.name]) return c;
  const { [t.name]: over, ...jobs } = c.jobs;
  return over?.status === "asking" ? c : { ...c, jobs };
}

/** answered notes what POST payments said. */
export function answered(c: Counter, terminal: string, requestID: string, payment: Payment): Counter {
  const job = c.jobs[terminal];
  const mirror = c.mirror && withAnswer(c.mirror, payment);
  if (job?.request.request_id !== requestID) return { ...c, mirror };
  return { ...c, mirror, jobs: { ...c.jobs, [terminal]: { ...job, status: "accepted", error: undefined } } };
}

/** refusedBy notes a refusal. A changed amount goes back to the clerk, to be accepted. */
export function refusedBy(c: Counter, terminal: string, requestID: string, error: ApiError): Counter {
  const job = c.jobs[terminal];
  if (job?.request.request_id !== requestID) return c;
  if (error.code === "amount_changed" && error.amount_cents && job.debt) {
    const { [terminal]: _, ...jobs } = c.jobs;
    const debt: Notice = {
      ...job.debt,
      printed_cents: job.debt.printed_cents || job.debt.amount_cents,
      amount_cents: error.amount_cents,
      warnings: [{ code: error.code, text: error.message, hint: error.hint }],
    };
    return { ...c, jobs, hand: { code: c.hand?.code ?? debt.number, busy: false, debt } };
  }
  return { ...c, jobs: { ...c.jobs, [terminal]: { ...job, status: "refused", error } } };
}

/** unanswered notes that no answer came: the request id stays, the snapshot or a repeat will tell. */
export function unanswered(c: Counter, terminal: string, requestID: string): Counter {
  const job = c.jobs[terminal];
  if (job?.request.request_id !== requestID) return c;
  return { ...c, jobs: { ...c.jobs, [terminal]: { ...job, status: "lost" } } };
}

/** seen takes up what other pages do on the chosen terminal, unless this page is in the middle of something. */
export function seen(c: Counter): Counter {
  const t = terminalInHand(c);
  const activity = activityOn(c, t?.name);
  if (!t || !activity || c.hand) return c;
  const job = c.jobs[t.name];
  if (job && (job.request.request_id === activity.request_id || job.status === "asking")) return c;
  const request: PaymentRequest = { request_id: activity.request_id, terminal: t.name, notices: [] };
  return { ...c, jobs: { ...c.jobs, [t.name]: { request, status: "accepted", foreign: true } } };
}

function total(request: PaymentRequest): number {
  return request.notices.reduce((sum, n) => sum + n.expected_cents, 0);
}
