// Charging asks the service for what is in the cart, once: in one transaction, or one notice after another with
// the clerk's key before each. A request is never made twice under two names: a repeat keeps its id.

import { Refusal, type Api } from "./api";
import { chargeable, codeOf, emptyCart, onlyApart, requestFor, retryOf, type Line } from "./cart";
import * as k from "./counter";
import type { Counter, Job } from "./counter";
import type { Texts } from "./i18n";
import type { Sound } from "./sound";
import type { ApiError, PaymentRequest } from "./types.gen";

/** ChargingHost is the page, as far as it needs it. */
export interface ChargingHost {
  api: Api;
  counter(): Counter;
  set(next: Counter): void;
  requestID(): string;
  play(sound: Sound): void;
  /** Looks notices up anew, as lines for the cart. */
  again(codes: Pick<Line, "code" | "toldCents">[]): Line[];
  /** Ends the session when the service no longer knows it. */
  over(cause: unknown): boolean;
  say(text: string): void;
  texts(): Texts;
}

export class Charging {
  constructor(private readonly host: ChargingHost) {}

  /** charge asks for what is in the cart on the chosen terminal: all of it, or its first notice. */
  charge(): boolean {
    const c = this.host.counter();
    const at = k.stage(c);
    const terminal = k.terminalInHand(c);
    if ((at.kind !== "debt" && at.kind !== "cart") || at.block || !terminal) return false;
    if (at.kind === "debt" ? at.differs : at.asks) return false;
    const now = at.kind === "debt" ? c.cart.lines : at.plan.now;
    const rest = c.cart.lines.slice(now.length);
    const request = requestFor(now, terminal.name, this.host.requestID());
    return this.ask({ request, lines: now, rest, done: c.cart.done, status: "asking" }, { ...c, cart: emptyCart });
  }

  /** next asks for the following notice of a cart that is charged one after another. */
  next(): boolean {
    const c = this.host.counter();
    const at = k.stage(c);
    const terminal = k.terminalInHand(c);
    const job = terminal && c.jobs[terminal.name];
    if (at.kind !== "charged" || !at.next || at.next.differs || at.next.block || !job) return false;
    const { line } = at.next;
    const request = requestFor([line], terminal.name, this.host.requestID());
    return this.ask({ request, lines: [line], rest: job.rest.slice(1), done: [...job.done, job.request.request_id], status: "asking" });
  }

  /** anotherCard follows a declined payment with a new one. */
  anotherCard(): boolean {
    const c = this.host.counter();
    const at = k.stage(c);
    const terminal = k.terminalInHand(c);
    const job = terminal && c.jobs[terminal.name];
    if (at.kind !== "declined" || !at.retry || at.block || !job) return false;
    const { lines, rest, done } = job;
    return this.ask({ request: retryOf(at.payment, terminal.name, this.host.requestID()), lines, rest, done, status: "asking" });
  }

  /** askAgain follows a refusal: nothing was charged, so it is a new request. */
  askAgain(): boolean {
    const c = this.host.counter();
    const at = k.stage(c);
    const terminal = k.terminalInHand(c);
    if (at.kind !== "refused" || !k.canRetry(at.error) || k.blocked(c) || !terminal) return false;
    const { lines, rest, done } = at.job;
    const request: PaymentRequest = { ...at.job.request, request_id: this.host.requestID(), terminal: terminal.name };
    return this.ask({ request, lines, rest, done, status: "asking" });
  }

  /** repeat sends the very same request again after a lost answer. */
  repeat(): boolean {
    const c = this.host.counter();
    const at = k.stage(c);
    if (at.kind !== "lost" || at.job.foreign || c.link !== "online" || c.pen === "elsewhere") return false;
    return this.ask({ ...at.job, status: "asking" });
  }

  /**
   * stop ends a cart that is charged one after another, before its last notice: what was not charged is in the
   * cart again, beside what was. It says whether there was anything to stop.
   */
  stop(): boolean {
    const c = this.host.counter();
    const at = k.stage(c);
    if (!("run" in at) || !at.run || at.kind === "working" || at.kind === "lost") return false;
    const terminal = k.terminalInHand(c);
    const job = terminal && c.jobs[terminal.name];
    const tried = at.kind === "declined" || at.kind === "refused"; // not charged, by the terminal's or the service's word
    if (!job || (!tried && job.rest.length === 0)) return false; // nothing is left to charge
    if (c.cart.lines.length > 0) return this.host.say(this.host.texts().cart.other), true;
    this.putBack(terminal.name, job, tried, tried ? job.done : [...job.done, job.request.request_id]);
    return true;
  }

  // putBack makes a cart of what a job leaves; whatever was looked up before may have changed.
  private putBack(terminal: string, job: Job, own: boolean, done: string[], note?: ApiError): void {
    const c = this.host.counter();
    const { [terminal]: _, ...jobs } = c.jobs;
    const mine = own ? job.request.notices.map((n) => ({ code: codeOf(n), toldCents: n.expected_cents })) : [];
    const rest = job.rest.map((l) => ({ code: l.code, toldCents: l.debt?.amount_cents }));
    const lines = this.host.again([...mine, ...rest]);
    const said = note && { code: note.code, text: note.message, hint: note.hint };
    this.host.set({ ...c, jobs, remark: undefined, cart: { lines, done, note: said, apart: note && onlyApart(note) } });
  }

  private ask(job: Job, c = this.host.counter()): boolean {
    const { terminal, request_id: id } = job.request;
    // The id is kept before anything is sent: see Page.set. The page stays at this terminal, busy or locked.
    this.host.set({ ...c, terminal, remark: undefined, jobs: { ...c.jobs, [terminal]: job } });
    void this.send(terminal, id, job.request);
    return true;
  }

  private async send(terminal: string, id: string, request: PaymentRequest): Promise<void> {
    try {
      const payment = await this.host.api.charge(request);
      this.host.set(k.answered(this.host.counter(), terminal, id, payment));
    } catch (cause) {
      // "internal" says nothing about what was done before it: only the snapshot, or a repeat, can tell. So it is with a
      // session that was locked meanwhile, once it is open again.
      if (cause instanceof Refusal && cause.status !== 401 && cause.error.code !== "internal") return this.refused(terminal, id, cause.error);
      this.host.set(k.unanswered(this.host.counter(), terminal, id));
      this.host.over(cause);
    }
  }

  // refused: what concerns the notices goes back to the clerk; what concerns the way is asked again as it is.
  private refused(terminal: string, id: string, error: ApiError): void {
    this.host.play("attention");
    const c = this.host.counter();
    const job = c.jobs[terminal];
    if (job?.request.request_id !== id) return;
    const [line] = job.lines;
    // The next citizen may be at another terminal meanwhile: then it waits on its own.
    const room = c.cart.lines.length === 0 && terminal === k.terminalInHand(c)?.name;
    if (!room) return this.host.set(k.refusedBy(c, terminal, id, error));
    if (error.code === "amount_changed" && error.amount_cents && line?.debt && job.lines.length === 1) return this.changed(terminal, job, line, error);
    if (job.request.notices.length > 1 && !k.canRetry(error)) return this.putBack(terminal, job, true, job.done, error);
    this.host.set(k.refusedBy(c, terminal, id, error));
  }

  // changed puts a notice whose amount is another now before the clerk, to be accepted.
  private changed(terminal: string, job: Job, line: Line, error: ApiError): void {
    const c = this.host.counter();
    const { [terminal]: _, ...jobs } = c.jobs;
    const { debt } = line;
    if (!debt || !chargeable(line)) return;
    const now = {
      ...debt,
      printed_cents: debt.printed_cents || debt.amount_cents,
      amount_cents: error.amount_cents ?? 0,
      warnings: [{ code: error.code, text: error.message, hint: error.hint }],
    };
    this.host.set({ ...c, jobs, cart: { ...c.cart, done: job.done, lines: [{ ...line, debt: now, acceptedCents: undefined }, ...job.rest] } });
  }
}
