// What the clerk has in hand, as plain data and pure functions: the cart on the screen, what was asked
// of each terminal, and from both (and the mirror) the one stage that the page shows. No I/O here.

import { chargeable, dead, emptyCart, looked, mustAccept, planOf, type Cart, type Line, type Plan, type Run } from "./cart";
import { withAnswer, type Mirror } from "./mirror";
import { emptyOffice, restored, type Office, type ViewName } from "./office";
import type { Activity, ApiError, Notice, Operator, Payment, PaymentRequest, Terminal } from "./types.gen";

export type Link = "connecting" | "online" | "lost";

/** Job is what was last asked of one terminal, and what of the same cart stands before and after it. */
export interface Job extends Run {
  request: PaymentRequest;
  /** What the request asks for, as it was on the screen; nothing is left of it after a reload. */
  lines: Line[];
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
  /** Charging is done in another window of this browser; see pen.ts. */
  pen?: "mine" | "elsewhere";
  /** Not yet asked of any terminal. */
  cart: Cart;
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
  /** This PC makes no sounds. */
  silent?: boolean;
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
  /** Several notices; asks is the first whose amount the citizen must accept. */
  | { kind: "cart"; cart: Cart; plan: Plan; asks?: Line; block?: Block }
  | { kind: "working"; phase: string; activity?: Activity; payment?: Payment; cents: number; run?: Run }
  | { kind: "lost"; job: Job; run?: Run }
  | { kind: "refused"; job: Job; error: ApiError; run?: Run }
  | { kind: "unknown"; payment: Payment; activity?: Activity; run?: Run }
  /** foreign: another PC or program has asked for it, or goes on with it; whoever asked offers another card. */
  | { kind: "declined"; payment: Payment; retry: boolean; foreign: boolean; block?: Block; run?: Run }
  /** next is the notice that one key charges now: the first of what is left of the cart. */
  | { kind: "charged"; payment: Payment; run?: Run; next?: Next };

/** Next is a notice that is offered after another of its cart was charged. */
export interface Next {
  line: Line;
  differs: boolean;
  block?: Block;
}

/** Block is why no charge can start now. */
export type Block = "offline" | "pen" | "restored" | "not_payable" | "no_terminal" | "busy" | "locked" | "adopt" | "looking" | "line";

export const empty: Counter = { link: "connecting", cart: emptyCart, jobs: {}, slips: {}, view: "till", office: emptyOffice };

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

/** activityOn is the payment that a terminal has in hand. */
export function activityOn(c: Counter, terminal: string | undefined): Activity | undefined {
  return c.mirror?.activities.find((a) => a.terminal === terminal);
}

/** blocked says why no charge can start on the chosen terminal. */
export function blocked(c: Counter): Block | undefined {
  if (c.link !== "online" || !c.mirror) return "offline";
  if (c.pen === "elsewhere") return "pen";
  const t = terminalInHand(c);
  if (!t) return "no_terminal";
  if (restored(c)) return "restored";
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
  return inCart(c);
}

// inCart: one notice by itself has the whole screen; several, or what is left of a cart, are a list.
function inCart(c: Counter): Stage {
  const { cart } = c;
  const [line, ...others] = cart.lines;
  if (!line) return { kind: "idle" };
  if (others.length > 0 || cart.done.length > 0 || cart.note) {
    const plan = planOf(cart, terminalInHand(c));
    return { kind: "cart", cart, plan, asks: cart.lines.find(mustAccept), block: hindrance(cart) ?? blocked(c) };
  }
  if (line.busy) return { kind: "looking", code: line.code };
  if (line.error) return { kind: "unreadable", error: line.error, code: line.code };
  if (!line.debt) return { kind: "idle" };
  return { kind: "debt", debt: line.debt, differs: mustAccept(line), block: line.debt.payable ? blocked(c) : "not_payable" };
}

function hindrance(cart: Cart): Block | undefined {
  if (cart.lines.some(dead)) return "line"; // nobody charges the others without having seen this one
  return cart.lines.some((l) => l.busy) ? "looking" : undefined;
}

function jobStage(c: Counter, job: Job, activity: Activity | undefined): Stage | undefined {
  const payment = paymentOf(c, job.request.request_id);
  const own = activity?.request_id === job.request.request_id ? activity : undefined;
  const run = job.rest.length + job.done.length > 0 ? job : undefined;
  if (payment) {
    switch (payment.state) {
      case "open":
      case "sent":
        return { kind: "working", phase: own?.phase ?? "other", activity: own, payment, cents: payment.amount_cents, run };
      case "unknown":
        return { kind: "unknown", payment, activity: own, run };
      case "charged":
      case "reversing":
      case "reversed":
        return { kind: "charged", payment, run, next: payment.state === "charged" ? nextOf(c, job) : undefined };
      case "not_charged":
        if (job.status === "refused" && job.error) return { kind: "refused", job, error: job.error, run };
        return declined(c, job, payment, activity, run);
    }
  }
  if (own) return working(c, own);
  if (activity) return undefined; // somebody else's payment is on the terminal: show that one
  if (job.status === "refused" && job.error) return { kind: "refused", job, error: job.error, run };
  if (job.status === "lost") return { kind: "lost", job, run };
  if (job.status === "asking") return { kind: "working", phase: "", cents: asked(job.request), run };
  // Nothing is known of it, and notices wait behind it: the same request again tells.
  if (job.rest.length > 0) return { kind: "lost", job, run };
  return undefined;
}

// declined offers another card to who has asked for the first, unless somebody has gone on with the debt meanwhile.
function declined(c: Counter, job: Job, payment: Payment, activity: Activity | undefined, run: Run | undefined): Stage {
  const foreign = job.foreign === true || (c.mirror?.payments.some((p) => p.retry_of === payment.id) ?? false);
  return { kind: "declined", payment, retry: !activity && !foreign, foreign, block: blocked(c), run };
}

function nextOf(c: Counter, job: Job): Next | undefined {
  const line = job.rest[0];
  if (!line) return undefined;
  const block = line.busy ? "looking" : chargeable(line) ? blocked(c) : "line";
  return { line, differs: mustAccept(line), block };
}

function working(c: Counter, activity: Activity): Stage {
  // A reversal has a request id of its own, which is not its payment's.
  const payment = paymentOf(c, activity.request_id) ?? c.mirror?.payments.find((p) => p.id === activity.payment_id);
  if (payment?.state === "unknown") return { kind: "unknown", payment, activity };
  const job = c.jobs[activity.terminal];
  const own = job?.request.request_id === activity.request_id ? job : undefined;
  const run = own && own.rest.length + own.done.length > 0 ? own : undefined;
  const cents = payment?.amount_cents ?? (own ? asked(own.request) : 0);
  return { kind: "working", phase: activity.phase, activity, payment, cents, run };
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

/** settled drops what is over from the chosen terminal, so that the next notice has the screen. */
export function settled(c: Counter): Counter {
  const t = terminalInHand(c);
  if (!t || !c.jobs[t.name]) return c;
  const { [t.name]: over, ...jobs } = c.jobs;
  return over?.status === "asking" ? c : { ...c, jobs };
}

/** left says that notices of a cart wait behind the charge on the chosen terminal: no other may take their place. */
export function left(c: Counter): number {
  const t = terminalInHand(c);
  return (t && c.jobs[t.name]?.rest.length) || 0;
}

/** answered notes what POST payments said. */
export function answered(c: Counter, terminal: string, requestID: string, payment: Payment): Counter {
  const job = c.jobs[terminal];
  const mirror = c.mirror && withAnswer(c.mirror, payment);
  if (job?.request.request_id !== requestID) return { ...c, mirror };
  return { ...c, mirror, jobs: { ...c.jobs, [terminal]: { ...job, status: "accepted", error: undefined } } };
}

/** refusedBy notes a refusal: nothing was charged. */
export function refusedBy(c: Counter, terminal: string, requestID: string, error: ApiError): Counter {
  const job = c.jobs[terminal];
  if (job?.request.request_id !== requestID) return c;
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
  if (!t || !activity || c.cart.lines.length > 0) return c;
  const job = c.jobs[t.name];
  if (job && (job.request.request_id === activity.request_id || job.status === "asking" || job.rest.length > 0)) return c;
  const request: PaymentRequest = { request_id: activity.request_id, terminal: t.name, notices: [] };
  return { ...c, jobs: { ...c.jobs, [t.name]: { request, lines: [], rest: [], done: [], status: "accepted", foreign: true } } };
}

/** lines are all of the page that is still to be charged: in the cart, and behind a charge. */
export function lines(c: Counter): Line[] {
  return [...c.cart.lines, ...Object.values(c.jobs).flatMap((job) => job.rest)];
}

/** withLooked puts what a look-up said where its line now stands. */
export function withLooked(c: Counter, line: Line): Counter {
  if (c.cart.lines.some((l) => l.id === line.id)) return { ...c, cart: looked(c.cart, line) };
  for (const [terminal, job] of Object.entries(c.jobs)) {
    const at = job.rest.findIndex((l) => l.id === line.id);
    if (at >= 0) return { ...c, jobs: { ...c.jobs, [terminal]: { ...job, rest: job.rest.with(at, line) } } };
  }
  return c; // it was taken out meanwhile
}

function asked(request: PaymentRequest): number {
  return request.notices.reduce((sum, n) => sum + n.expected_cents, 0);
}
