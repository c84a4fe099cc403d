// Page ties the parts together: the clerk's actions go out through the API, the service's events come
// in through the live line, and the Counter in between is what the views draw.

import { Api, Lost, newRequestID, Refusal, type Fetch } from "./api";
import * as k from "./counter";
import type { Counter, Hand, Job } from "./counter";
import { Desk } from "./desk";
import { Live, type Socket } from "./live";
import { feed } from "./mirror";
import { views, type Office, type ViewName } from "./office";
import { forget, keep, recall, type Kept, type Shelf } from "./session";
import { Slips } from "./slips";
import type { Sound } from "./sound";
import type { ApiError, Notice, Operator, Payment, PaymentRequest, ServiceEvent } from "./types.gen";
import { fetchTexts, languageOf, texts, type Texts } from "./i18n";
import { Terminals } from "./terminals";

/** Outside is everything the page touches beyond itself, so that tests bring their own. */
export interface Outside {
  shelf: Shelf;
  fetcher?: Fetch;
  dial?: () => Socket;
  play?: (sound: Sound) => void;
  print?: () => void;
  now?: () => number;
  requestID?: () => string;
}

// Long enough to be read at a glance, in milliseconds.
const remarkStays = 12_000;

export class Page {
  private state: Counter = k.empty;
  private token: string | undefined;
  private readonly listeners = new Set<() => void>();
  readonly api: Api; // for what is no part of the counter (simulated.ts)
  readonly desk: Desk;
  readonly slips: Slips;
  readonly terminals: Terminals;
  private readonly live: Live;
  private readonly now: () => number;
  private readonly requestID: () => string;
  private lookups = 0;
  private stageSince = 0;
  private stageName = "";

  constructor(private readonly out: Outside) {
    this.api = new Api(() => this.token, out.fetcher);
    this.now = out.now ?? (() => Date.now());
    this.requestID = out.requestID ?? newRequestID;
    const host = {
      api: this.api,
      counter: () => this.state,
      set: (next: Counter) => this.set(next),
      view: () => this.state.view,
      change: (part: Partial<Office>) => this.set({ ...this.state, office: { ...this.state.office, ...part } }),
      requestID: this.requestID,
      now: this.now,
      over: (cause: unknown) => this.over(cause),
      fault: (cause: unknown) => this.fault(cause),
      say: (text: string, state?: Counter) => this.say(text, state),
      texts: () => this.texts(),
      print: out.print,
      offer: (debt: Notice) => this.offer(debt),
    };
    this.desk = new Desk(host);
    this.slips = new Slips(host);
    this.terminals = new Terminals(host);
    this.live = new Live(
      {
        token: () => this.token,
        onEvent: (e) => this.event(e),
        onUp: () => this.up(),
        onDown: () => this.set({ ...this.state, link: "lost" }),
        onFailed: () => void this.checkSession(),
      },
      out.dial,
    );
  }

  /** counter is the present state; it is replaced, never changed in place. */
  counter(): Counter {
    return this.state;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** start takes up what this tab had before a reload. */
  start(): void {
    const kept = recall(this.out.shelf);
    const jobs: Record<string, Job> = {};
    for (const [terminal, job] of Object.entries(kept.jobs ?? {})) {
      jobs[terminal] = { request: job.request, status: job.accepted ? "accepted" : "lost" };
    }
    this.token = kept.token;
    if (kept.lockedFor) return this.set({ ...k.empty, lockedFor: kept.lockedFor, terminal: kept.terminal, jobs });
    if (!kept.token || !kept.operator) return;
    const hand: Hand | undefined = kept.code ? { code: kept.code, busy: true } : undefined;
    const view = views.find((v) => v === kept.view) ?? "till";
    this.set({ ...k.empty, operator: kept.operator, terminal: kept.terminal, jobs, hand, view });
    this.live.start();
    if (kept.code) void this.find(kept.code);
  }

  /** wake is called when the tab is looked at again or the network is back. */
  wake(): void {
    this.live.wake();
  }

  /** stop ends the line; for tests and for leaving the page. */
  stop(): void {
    this.live.stop();
    this.desk.stop();
  }

  // --- the views ---

  /** show goes to a view. What is in hand stays in hand. */
  show(view: ViewName): void {
    if (view === this.state.view) return;
    this.set({ ...this.state, view });
    this.desk.entered(view);
  }

  /** tell opens a payment's whole story. */
  tell(id: string): void {
    const { view, office } = this.state;
    const from = view === "story" ? office.from : view;
    this.set({ ...this.state, view: "story", office: { ...office, from, story: id } });
    const payment = this.state.mirror?.payments.find((p) => p.id === id);
    if (payment) this.slips.fetch(payment);
    this.desk.entered("story");
  }

  /** verify opens a payment of unknown outcome on the desk. */
  verify(id: string): void {
    this.set({ ...this.state, view: "verify", office: { ...this.state.office, story: id } });
    this.desk.entered("verify");
  }

  /** back leaves a view for the one it was opened from: in the end the counter. */
  back(): void {
    this.show(this.state.view === "story" ? this.state.office.from : "till");
  }

  // --- the session ---

  async login(operator: string, pin: string): Promise<void> {
    try {
      const session = await this.api.login(operator, pin);
      const { lockedFor, terminal, jobs } = this.state;
      const back = lockedFor === session.operator.id ? { terminal, jobs } : {};
      this.token = session.token;
      this.set({ ...k.empty, ...back, operator: session.operator });
      this.live.start();
    } catch (cause) {
      this.set({ ...this.state, loginError: this.fault(cause, this.texts().login.lost) });
    }
  }

  async logout(): Promise<void> {
    const told = this.api.logout().catch(() => undefined);
    this.end({}); // at once, and in any case: nothing asks with a token that is going
    await told;
  }

  async lock(): Promise<void> {
    const lockedFor = this.state.operator?.id;
    try {
      await this.api.lock();
      this.locked();
    } catch {
      this.end({ lockedFor }); // the service did not hear of it, so the tab forgets the token
    }
  }

  /** otherOperator leaves the lock screen for a fresh sign-in. */
  otherOperator(): void {
    void this.api.logout().catch(() => undefined);
    this.end({});
  }

  // locked keeps the token, which opens nothing but the same operator's session, and what was asked.
  private locked(): void {
    const { operator, lockedFor, terminal, jobs } = this.state;
    this.live.stop();
    this.desk.stop();
    this.lookups++;
    this.set({ ...k.empty, lockedFor: operator?.id ?? lockedFor, terminal, jobs });
  }

  private end(how: { lockedFor?: string; loginError?: ApiError }): void {
    this.live.stop();
    this.desk.stop();
    this.token = undefined;
    this.lookups++;
    this.set({ ...k.empty, ...how });
  }

  // --- the notice ---

  /** take is a scanned or typed code. The debt before it leaves the screen at once. */
  take(code: string, anyway = false): void {
    const at = k.stage(this.state);
    const t = this.texts();
    if (this.state.link !== "online") return this.say(t.scan.offline);
    if (at.kind === "working" || (at.kind === "lost" && this.state.mirror === undefined)) {
      this.show("till");
      return this.say(t.scan.ignored(k.terminalInHand(this.state)?.label ?? ""));
    }
    this.out.play?.("scan");
    this.set({ ...k.settled(this.state), hand: { code, busy: true }, remark: undefined, view: "till" });
    void this.find(code, anyway);
  }

  // offer takes up a debt that the service has just made: it was looked up already.
  private offer(debt: Notice): void {
    const code = `${debt.number}@${debt.creditor}`;
    this.lookups++;
    this.set({ ...k.settled(this.state), hand: { code, busy: false, debt }, view: "till" });
  }

  private async find(code: string, anyway = false): Promise<void> {
    const turn = ++this.lookups;
    let hand: Hand;
    try {
      const debt = await this.api.lookup(anyway ? { code, anyway } : { code });
      hand = { code, busy: false, debt };
      if (!debt.payable) this.out.play?.("attention");
    } catch (cause) {
      if (this.over(cause)) return;
      hand = { code, busy: false, error: this.fault(cause) };
      if (turn === this.lookups) this.out.play?.("attention");
    }
    if (turn === this.lookups) this.set({ ...this.state, hand });
  }

  /** accept notes that the citizen agrees to an amount that the print does not say. */
  accept(): void {
    const { hand } = this.state;
    if (!hand?.debt) return;
    this.set({ ...this.state, hand: { ...hand, acceptedCents: hand.debt.amount_cents } });
  }

  /** clear leaves the notice, or the outcome, and makes room for the next one. */
  clear(): void {
    const at = k.stage(this.state).kind;
    if (at === "working" || at === "idle") return;
    this.lookups++;
    this.set({ ...k.settled(this.state), hand: undefined, remark: undefined });
  }

  // --- the payment ---

  /** primary is what Enter does at this stage; it says whether there was anything to do. */
  primary(): boolean {
    const at = k.stage(this.state);
    if (this.state.view !== "till") return false; // what it does must be in sight
    // An action that has only just appeared was not what the key was meant for.
    if (this.now() - this.stageSince < 300) return false;
    switch (at.kind) {
      case "debt":
        if (at.block) return false;
        if (at.differs) this.accept();
        else this.charge();
        return true;
      case "declined":
        return this.anotherCard();
      case "refused":
        return this.askAgain();
      case "lost":
        return this.repeat();
      default:
        return false;
    }
  }

  /** charge asks for the debt in hand on the chosen terminal, once. */
  charge(): void {
    const at = k.stage(this.state);
    const terminal = k.terminalInHand(this.state);
    if (at.kind !== "debt" || at.differs || at.block || !terminal) return;
    this.ask({ request: k.requestFor(at.debt, terminal.name, this.requestID()), debt: at.debt, status: "asking" });
  }

  /** anotherCard follows a declined payment with a new one. */
  anotherCard(): boolean {
    const at = k.stage(this.state);
    const terminal = k.terminalInHand(this.state);
    if (at.kind !== "declined" || !at.retry || at.block || !terminal) return false;
    const debt = this.state.jobs[terminal.name]?.debt;
    this.ask({ request: k.retryOf(at.payment, terminal.name, this.requestID()), debt, status: "asking" });
    return true;
  }

  /** askAgain follows a refusal: nothing was charged, so it is a new request. */
  askAgain(): boolean {
    const at = k.stage(this.state);
    const terminal = k.terminalInHand(this.state);
    if (at.kind !== "refused" || !k.canRetry(at.error) || k.blocked(this.state) || !terminal) return false;
    const request: PaymentRequest = { ...at.job.request, request_id: this.requestID(), terminal: terminal.name };
    this.ask({ request, debt: at.job.debt, status: "asking" });
    return true;
  }

  /** repeat sends the very same request again after a lost answer. */
  repeat(): boolean {
    const at = k.stage(this.state);
    if (at.kind !== "lost" || at.job.foreign || this.state.link !== "online") return false;
    this.ask({ ...at.job, status: "asking" });
    return true;
  }

  private ask(job: Job): void {
    const { terminal, request_id: id } = job.request;
    // The id is kept before anything is sent: see set.
    this.set({ ...this.state, hand: undefined, remark: undefined, jobs: { ...this.state.jobs, [terminal]: job } });
    void this.send(terminal, id, job.request);
  }

  private async send(terminal: string, id: string, request: PaymentRequest): Promise<void> {
    try {
      const payment = await this.api.charge(request);
      this.set(k.answered(this.state, terminal, id, payment));
    } catch (cause) {
      if (this.over(cause)) return;
      // "internal" says nothing about what was done before it: only the snapshot, or a repeat, can tell.
      if (cause instanceof Refusal && cause.error.code !== "internal") {
        this.out.play?.("attention");
        this.set(k.refusedBy(this.state, terminal, id, cause.error));
      } else {
        this.set(k.unanswered(this.state, terminal, id));
      }
    }
  }

  // --- the list ---

  /** open shows or hides a payment's detail. */
  open(id: string | undefined): void {
    this.set({ ...this.state, detail: id });
    const payment = this.state.mirror?.payments.find((p) => p.id === id);
    if (payment) this.slips.fetch(payment);
  }

  // --- the service's side ---

  private event(event: ServiceEvent): boolean {
    const { mirror, gap } = feed(this.state.mirror, event, this.now());
    if (gap) return false;
    const before = this.state;
    this.set(k.seen({ ...this.state, mirror, operator: mirror?.operator ?? this.state.operator }));
    if (event.payment) this.heard(before, event.payment);
    this.desk.heard(event);
    if (event.type === "snapshot") {
      void fetchTexts(mirror?.language ?? "").then((fresh) => fresh && this.set({ ...this.state }));
      const shown = k.stage(this.state);
      if (shown.kind === "charged" || shown.kind === "declined") this.slips.fetch(shown.payment);
    }
    return true;
  }

  // heard fetches the slip and sounds the outcome of the payment on the screen.
  private heard(before: Counter, payment: Payment): void {
    if (this.state.hand && k.taken(this.state.hand, payment)) void this.find(this.state.hand.code, true);
    const at = k.stage(this.state);
    const shown = "payment" in at && at.payment?.id === payment.id;
    if (!shown && this.state.detail !== payment.id) return;
    this.slips.fetch(payment);
    const was = before.mirror?.payments.find((p) => p.id === payment.id)?.state;
    if (was === payment.state || !shown) return;
    if (payment.state === "charged") this.out.play?.("good");
    if (payment.state === "unknown" || payment.state === "not_charged") this.out.play?.("attention");
  }

  private up(): void {
    const again = this.state.link === "lost";
    this.set({ ...this.state, link: "online" });
    if (again) this.say(this.texts().said.online);
  }

  // checkSession tells a stopped service from a session that is over: only the latter answers.
  private async checkSession(): Promise<void> {
    if (this.state.link === "connecting") this.set({ ...this.state, link: "lost" });
    try {
      await this.api.state();
    } catch (cause) {
      this.over(cause);
    }
  }

  // over ends the session when the service no longer knows the token.
  private over(cause: unknown): boolean {
    if (!(cause instanceof Refusal) || cause.status !== 401) return false;
    if (cause.error.code === "session_locked") this.locked();
    else if (this.token) this.end({ loginError: { ...cause.error, message: this.texts().login.ended, hint: undefined } });
    return true;
  }

  private fault(cause: unknown, lost = this.texts().fault.lost): ApiError {
    if (cause instanceof Refusal) return cause.error;
    if (cause instanceof Lost) return { code: "internal", message: lost };
    throw cause;
  }

  private texts(): Texts {
    return texts(languageOf(this.state.mirror?.language));
  }

  // say puts a remark under the field for a while.
  private say(text: string, state = this.state): void {
    const remark = { text, at: this.now() };
    this.set({ ...state, remark });
    setTimeout(() => {
      if (this.state.remark === remark) this.set({ ...this.state, remark: undefined });
    }, remarkStays);
  }

  private set(next: Counter): void {
    if (next === this.state) return;
    this.state = next;
    const at = k.stage(next);
    const what = at.kind === "debt" ? `debt ${at.debt.number} ${at.differs}` : at.kind;
    const name = `${next.view} ${what}`;
    if (name !== this.stageName) {
      this.stageName = name;
      this.stageSince = this.now();
    }
    this.remember();
    for (const listener of this.listeners) listener();
  }

  private remember(): void {
    const { state, token } = this;
    if (!token && !state.lockedFor) return forget(this.out.shelf);
    const jobs: NonNullable<Kept["jobs"]> = {};
    for (const [terminal, job] of Object.entries(state.jobs)) {
      if (job.status !== "refused") jobs[terminal] = { request: job.request, accepted: job.status === "accepted" };
    }
    const operator: Operator | undefined = token ? state.operator : undefined;
    const { lockedFor, terminal, view, hand } = state;
    keep(this.out.shelf, { token, operator, lockedFor, terminal, view, code: hand?.code, jobs });
  }
}
