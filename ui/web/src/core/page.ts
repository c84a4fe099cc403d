// Page ties the parts together: the clerk's actions go out through the API, the service's events come
// in through the live line, and the Counter in between is what the views draw.

import { Api, Lost, newRequestID, Refusal, type Fetch } from "./api";
import { Basket } from "./basket";
import { codeOf, emptyCart, type Line } from "./cart";
import { Charging } from "./charging";
import * as k from "./counter";
import type { Counter, Job } from "./counter";
import { Desk } from "./desk";
import { Live, type Socket } from "./live";
import { feed } from "./mirror";
import { views, type Office, type ViewName } from "./office";
import { Pen, type Locks } from "./pen";
import { forget, keep, recall, type Kept, type Shelf } from "./session";
import { Slips } from "./slips";
import { isSilent, setSilent, type Sound } from "./sound";
import type { ApiError, Notice, Operator, Payment, ServiceEvent } from "./types.gen";
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
  /** The browser's locks, one of which is the pen. */
  locks?: Locks;
  /** This window was reloaded, so it takes up what it had. */
  reloaded?: boolean;
  /** What this PC prefers; nothing else. */
  likes?: Shelf;
}

// Long enough to be read at a glance, in milliseconds.
const remarkStays = 12_000;
// An action that has only just appeared was not what a key in the air was meant for: so long no key counts.
const pause = 300;
// Nor was a slow double click on "accept" meant to charge: after it the keys wait until that is over.
const pauseAfterAccept = 1000;

export class Page {
  private state: Counter = k.empty;
  private token: string | undefined;
  private readonly listeners = new Set<() => void>();
  readonly api: Api; // for what is no part of the counter (simulated.ts)
  readonly desk: Desk;
  readonly slips: Slips;
  readonly terminals: Terminals;
  readonly basket: Basket;
  readonly charging: Charging;
  readonly pen: Pen;
  private readonly live: Live;
  private readonly now: () => number;
  private readonly requestID: () => string;
  private armedAt = 0;
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
      offer: (debt: Notice) => this.basket.offer(debt),
      show: (view: ViewName) => this.show(view),
      play: (sound: Sound) => this.play(sound),
      again: (codes: Pick<Line, "code" | "toldCents">[]) => this.basket.again(codes),
      stop: () => this.charging.stop(),
    };
    this.basket = new Basket(host);
    this.charging = new Charging(host);
    this.pen = new Pen((mine) => this.set({ ...this.state, pen: mine ? "mine" : "elsewhere" }), out.locks);
    this.state = { ...this.state, silent: isSilent(out.likes) };
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
    for (const [terminal, { request, accepted, rest, done }] of Object.entries(kept.jobs ?? {})) {
      const waiting = (rest ?? []).map((code, i) => ({ id: -1 - i, code, busy: true }));
      jobs[terminal] = { request, lines: [], rest: waiting, done: done ?? [], status: accepted ? "accepted" : "lost" };
    }
    this.token = kept.token;
    if (kept.lockedFor) return this.set({ ...this.fresh(), lockedFor: kept.lockedFor, terminal: kept.terminal, jobs });
    if (!kept.token || !kept.operator) return;
    const { codes, done, apart } = kept.cart ?? { codes: [], done: [] };
    const cart = codes.length > 0 ? { lines: this.basket.again(codes.map((code) => ({ code }))), done, apart } : emptyCart;
    const view = views.find((v) => v === kept.view) ?? "till";
    this.set({ ...this.fresh(), operator: kept.operator, terminal: kept.terminal, jobs: this.renewed(jobs), cart, view });
    this.pen.want(kept.pen && this.out.reloaded);
    this.live.start();
  }

  // renewed looks up again what waits behind the charges: what was known of it did not outlive the reload, or the lock.
  private renewed(jobs: Record<string, Job>): Record<string, Job> {
    return Object.fromEntries(Object.entries(jobs).map(([terminal, job]) => [terminal, { ...job, rest: this.basket.again(job.rest) }]));
  }

  /** wake is called when the tab is looked at again or the network is back. */
  wake(): void {
    this.live.wake();
  }

  /** stop ends the line; for tests and for leaving the page. */
  stop(): void {
    this.live.stop();
    this.desk.stop();
    this.pen.drop();
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
      this.token = session.token;
      const back = lockedFor === session.operator.id ? { terminal, jobs: this.renewed(jobs) } : {};
      this.set({ ...this.fresh(), ...back, operator: session.operator });
      this.pen.want();
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
    this.stop();
    this.set({ ...this.fresh(), lockedFor: operator?.id ?? lockedFor, terminal, jobs });
  }

  private end(how: { lockedFor?: string; loginError?: ApiError }): void {
    this.stop();
    this.token = undefined;
    this.set({ ...this.fresh(), ...how });
  }

  // fresh is a counter without anybody at it; what this PC prefers stays.
  private fresh(): Counter {
    return { ...k.empty, silent: this.state.silent };
  }

  // --- the counter: a scan, Enter and Esc ---

  /** take is a scanned or typed code. */
  take(code: string, anyway = false): void {
    this.basket.take(code, anyway);
  }

  /** primary is what Enter does at this stage; it says whether there was anything to do. */
  primary(): boolean {
    const { state, charging } = this;
    const at = k.stage(state);
    if (state.view !== "till" || state.pen === "elsewhere") return false; // what it does must be in sight
    if (this.waits() > 0) return false;
    switch (at.kind) {
      case "debt":
        if (at.block) return false;
        return at.differs ? this.accept(state.cart.lines[0]) : charging.charge();
      case "cart":
        if (at.block) return false;
        return at.asks ? this.accept(at.asks) : charging.charge();
      case "charged":
        return at.next?.differs ? this.accept(at.next.line) : charging.next();
      case "declined":
        return charging.anotherCard();
      case "refused":
        return charging.askAgain();
      case "lost":
        return charging.repeat();
      default:
        return false;
    }
  }

  // waits is how long no key counts yet. A clock that was set back meanwhile does not make it longer.
  private waits(): number {
    const left = this.armedAt - this.now();
    return left > pauseAfterAccept ? 0 : left;
  }

  private accept(line: Line | undefined): boolean {
    if (!line) return false;
    this.basket.accept(line);
    this.armedAt = this.now() + pauseAfterAccept;
    this.say(this.texts().debt.accepted);
    return true;
  }

  /** clear is what Esc does: it stops a cart that is half charged, or makes room for the next citizen. */
  clear(): void {
    const at = k.stage(this.state).kind;
    if (at === "working") return this.say(this.texts().working.cancel); // no dead key: it is the terminal's to end
    if (at === "idle") return;
    if (!this.charging.stop()) this.basket.leave();
  }

  /** hush turns the sounds off or on again, on this PC. */
  hush(silent: boolean): void {
    setSilent(this.out.likes, silent);
    this.set({ ...this.state, silent });
    this.play("scan");
  }

  /** takePen makes this the window that charges. */
  takePen(): void {
    if (this.state.pen !== "elsewhere") return;
    this.pen.want(true);
    this.say(this.texts().pen.taken);
  }

  private play(sound: Sound): void {
    if (!this.state.silent) this.out.play?.(sound);
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
    this.basket.heard(payment);
    const at = k.stage(this.state);
    const shown = "payment" in at && at.payment?.id === payment.id;
    if (!shown && this.state.detail !== payment.id) return;
    this.slips.fetch(payment);
    const was = before.mirror?.payments.find((p) => p.id === payment.id)?.state;
    if (was === payment.state || !shown) return;
    if (payment.state === "charged") this.play("good");
    if (payment.state === "unknown" || payment.state === "not_charged") this.play("attention");
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
    const name = `${next.view} ${next.pen} ${k.terminalInHand(next)?.name} ${at.kind} ${offered(at)}`;
    if (name !== this.stageName) {
      this.stageName = name;
      this.armedAt = this.now() + Math.max(this.waits(), pause);
    }
    this.remember();
    for (const listener of this.listeners) listener();
  }

  private remember(): void {
    const { state, token } = this;
    if (!token && !state.lockedFor) return forget(this.out.shelf);
    const jobs: NonNullable<Kept["jobs"]> = {};
    let cart = { codes: state.cart.lines.map((l) => l.code), done: state.cart.done, apart: state.cart.apart };
    for (const [terminal, { request, status, rest, done, foreign }] of Object.entries(state.jobs)) {
      if (foreign) continue; // another page's: after a reload it would look like ours
      const codes = rest.map((l) => l.code);
      if (status !== "refused") jobs[terminal] = { request, accepted: status === "accepted", rest: codes, done };
      // What was refused is only remembered as part of its cart: nothing of it was charged.
      else if (codes.length + done.length > 0 && cart.codes.length === 0) cart = { codes: [...request.notices.map(codeOf), ...codes], done, apart: true };
    }
    const operator: Operator | undefined = token ? state.operator : undefined;
    const { lockedFor, terminal, view } = state;
    keep(this.out.shelf, { token, operator, lockedFor, terminal, view, pen: state.pen === "mine", cart, jobs });
  }
}

// offered names what Enter would do now: when it changes, the key in the air was meant for something else.
function offered(at: k.Stage): string {
  switch (at.kind) {
    case "debt":
      return `${at.debt.number} ${at.differs} ${at.block}`;
    case "declined":
      return `${at.payment.id} ${at.retry} ${at.block}`;
    case "cart":
      return at.block + at.cart.lines.map((l) => `${l.id} ${l.busy} ${l.debt?.amount_cents} ${l.acceptedCents}`).join();
    case "charged":
      return at.next ? `${at.next.line.id} ${at.next.line.busy} ${at.next.differs} ${at.next.block}` : "";
    default:
      return "";
  }
}
