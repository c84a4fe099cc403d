// The desk asks the service for what people decide about and carries their decisions to it. What the views
// draw is in the Counter's office; here is only what is in flight.

import { Lost, Refusal, type Api } from "./api";
import { Archivist } from "./archive";
import { unasked, type Counter } from "./counter";
import { Files } from "./files";
import type { Texts } from "./i18n";
import * as o from "./office";
import type { Asked, Fetched, Form, Office, ViewName } from "./office";
import { sha256, type Bundle } from "./status";
import type { ApiError, Case, CreateRequest, DayReport, Notice, Offline, Payment, Printed, QueueItem, RestoreStatus, ServiceEvent, StoryEntry, TerminalReport } from "./types.gen";

/** Signer is another person who signs at this counter, without taking the session over. */
export interface Signer {
  operator: string;
  pin: string;
}

/** DeskHost is the page, as far as the desk needs it. */
export interface DeskHost {
  api: Api;
  counter(): Counter;
  view(): ViewName;
  change(office: Partial<Office>): void;
  requestID(): string;
  now(): number;
  /** Ends the session when the service no longer knows it. */
  over(cause: unknown): boolean;
  fault(cause: unknown): ApiError;
  say(text: string): void;
  /** Puts a debt into the clerk's hand. */
  offer(notice: Notice): void;
  texts(): Texts;
}

// Events come in bursts: what they make out of date is asked for once they pause, in milliseconds.
const pause = 400;
// The service tells of payments and terminals by events, but not of cases: they are looked at again so often.
const round = 30_000;

export class Desk {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private rounds: ReturnType<typeof setInterval> | undefined;
  /** Decisions whose answer was lost, as they were sent: the same again keeps its id. */
  private readonly sent = new Map<string, { body: string; id: string }>();
  private readonly turns = new Map<string, number>();
  readonly archive: Archivist;
  readonly files: Files;

  constructor(private readonly host: DeskHost) {
    const part = { ...host, office: () => this.office() };
    this.archive = new Archivist(part);
    this.files = new Files(part);
  }

  /** heard takes up an event: what is on the screen, or beside a view's name, may be out of date. */
  heard(event: ServiceEvent): void {
    if (event.type === "snapshot") void this.loadRestore();
    if (event.type === "snapshot") this.rounds ??= setInterval(() => this.refresh(), round);
    if (event.type === "activity" || event.type === "platform" || event.type === "printer") return;
    if (event.type === "queue" && this.host.view() !== "queue") return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.refresh();
    }, event.type === "snapshot" ? 0 : pause);
  }

  /** stop forgets everything: the session is over, or the page is left. */
  stop(): void {
    clearTimeout(this.timer);
    clearInterval(this.rounds);
    this.timer = this.rounds = undefined;
    this.archive.stop();
    this.sent.clear();
    for (const [what, turn] of this.turns) this.turns.set(what, turn + 1);
  }

  /** refresh asks again for what is out of date. */
  refresh(): void {
    const c = this.host.counter();
    if (c.link !== "online") return;
    void this.loadCases();
    if (o.gated(c)) void this.loadRestore();
    if (!c.mirror?.queue || this.host.view() === "queue") void this.loadQueue(); // its figures come with the events
    if (this.host.view() === "services" && !c.office.services.value) void this.loadServices();
    if (this.host.view() === "archive" && !c.office.archive.found) void this.archive.ask();
    const id = this.looked();
    if (id && o.behind(c, id)) void this.loadStory(id);
  }

  /** entered asks for what a view shows. */
  entered(view: ViewName): void {
    const id = this.looked();
    if (id) void this.loadStory(id);
    if (view === "cases") void this.loadCases();
    if (view === "queue") void this.loadQueue();
    if (view === "services") void this.loadServices();
    if (view === "archive") void this.archive.ask();
    if (view === "closing") void this.loadClosings();
    this.dropBundle(); // a scan leads away without a word, so what was gathered goes at the next view, too
  }

  /** help puts the view's help beside it, or away. */
  help(open: boolean): void {
    if (open !== this.office().help) this.host.change({ help: open });
  }

  // looked is the payment whose evidence is on the screen.
  private looked(): string | undefined {
    const c = this.host.counter();
    switch (this.host.view()) {
      case "verify":
        return o.inQuestion(c)?.id;
      case "story":
        return c.office.story;
      default:
        return undefined;
    }
  }

  // --- what the service has ---

  /** choose shows one of the payments in question. */
  choose(id: string): void {
    this.host.change({ story: id });
    void this.loadStory(id);
  }

  async loadStory(id: string): Promise<void> {
    const put = (f: Fetched<Payment>) => this.host.change({ stories: { ...this.office().stories, [id]: f } });
    const steps = (f: Fetched<StoryEntry[]>) => this.host.change({ told: { ...this.office().told, [id]: f } });
    await Promise.all([
      this.load(`story ${id}`, () => this.host.api.payment(id), this.office().stories[id], put),
      this.load(`told ${id}`, () => this.host.api.story(id), this.office().told[id], steps),
    ]);
  }

  /** loadReport asks for an accounting day's figures; those of another day leave the screen at once. */
  async loadReport(day: string): Promise<void> {
    const before = this.office().report;
    const put = (f: Fetched<DayReport>) => this.host.change({ report: { ...f, day } });
    await this.load("report", () => this.host.api.report(day), before.day === day ? before : {}, put);
  }

  /** gather asks for what the support needs. A service that cannot say it yet is told apart from one that refuses. */
  async gather(signer?: Signer): Promise<void> {
    const fetch = async (api: Api): Promise<Bundle> => {
      const file = await api.file("bundle");
      const [text, sum] = await Promise.all([file.blob.text(), sha256(file.blob)]);
      return { ...file, name: `sportello-${this.moment().slice(0, 16).replace(/[T:]/g, "-")}.txt`, text, whole: file.sha256 && sum ? file.sha256.toLowerCase() === sum : undefined };
    };
    const put = (f: Fetched<Bundle>) => {
      const { missing, missingTodo } = this.host.texts().office.status.bundle;
      const none = f.error?.code === "not_served" || f.error?.code === "not_found";
      this.host.change({ bundle: none ? { error: { code: "not_served", message: missing, hint: missingTodo } } : f });
    };
    await this.load("bundle", () => (signer ? this.host.api.signed(signer.operator, signer.pin, fetch) : fetch(this.host.api)), {}, put, signer !== undefined);
  }

  /** dropBundle takes what was gathered off the screen. */
  dropBundle(): void {
    if (Object.keys(this.office().bundle).length === 0) return;
    this.turns.set("bundle", (this.turns.get("bundle") ?? 0) + 1);
    this.host.change({ bundle: {} });
  }

  async loadCases(): Promise<void> {
    const { allCases, cases } = this.office();
    await this.load("cases", () => this.host.api.cases(allCases), cases, (f) => this.host.change({ cases: f }));
  }

  /** showEnded lists the ended cases, too, or no longer. */
  showEnded(all: boolean): void {
    this.host.change({ allCases: all });
    void this.loadCases();
  }

  openCase(id: string): void {
    this.host.change({ openCase: id });
  }

  async loadQueue(): Promise<void> {
    await this.load<QueueItem[]>("queue", () => this.host.api.queue(), this.office().queue, (f) => this.host.change({ queue: f }));
  }

  // loadRestore asks what a ledger from a copy waits for: at every snapshot, and while it waits.
  private async loadRestore(): Promise<void> {
    await this.load<RestoreStatus>("restore", () => this.host.api.restore(), this.office().restore, (f) => this.host.change({ restore: f }));
  }

  async loadServices(): Promise<void> {
    await this.load("services", () => this.host.api.services(), this.office().services, (f) => this.host.change({ services: f }));
  }

  /** find asks what somebody owes; what was found for another leaves the screen at once. */
  async find(creditor: string | undefined, debtor: string): Promise<void> {
    await this.load("search", () => this.host.api.search({ creditor, debtor }), {}, (f) => this.host.change({ search: f }));
  }

  /** clearSearch takes a debtor's data off the screen. */
  clearSearch(): void {
    this.turns.set("search", (this.turns.get("search") ?? 0) + 1);
    this.host.change({ search: {} });
  }

  // load asks for one thing; an older answer never replaces a newer one. What was known stays while it asks.
  // In another person's name a refusal ends nobody's session.
  private async load<T>(what: string, ask: () => Promise<T>, before: Fetched<T> | undefined, put: (f: Fetched<T>) => void, signed = false): Promise<void> {
    const turn = (this.turns.get(what) ?? 0) + 1;
    this.turns.set(what, turn);
    put({ ...before, busy: true });
    try {
      const value = await ask();
      if (this.turns.get(what) === turn) put({ value });
    } catch (cause) {
      if (this.turns.get(what) !== turn || (!signed && this.host.over(cause))) return;
      put({ value: before?.value, error: this.host.fault(cause) });
    }
  }

  // --- what people decide ---

  /** answer says what became of a payment, on the evidence that the screen shows. */
  async answer(p: Payment, form: Form): Promise<boolean> {
    if (o.missing(form)) return false;
    const charged = form.answer === "charged";
    const body = {
      evidence_seq: p.evidence_seq ?? 0,
      answer: form.answer,
      stan: (charged && form.stan) || undefined,
      auth_code: (charged && form.auth.trim()) || undefined,
      note: form.note.trim() || undefined,
    };
    return this.decide(o.resolutionOf(p.id), `payments/${encodeURIComponent(p.id)}/resolution`, body, undefined, (now: Payment) => this.told(now), () => this.loadStory(p.id));
  }

  /** countersign signs another person's answer, or turns it down; who gave it may take it back. */
  async countersign(p: Payment, accept: boolean, signer?: Signer): Promise<boolean> {
    const body = { evidence_seq: p.evidence_seq ?? 0, accept };
    return this.decide(o.resolutionOf(p.id), `payments/${encodeURIComponent(p.id)}/resolution/countersign`, body, signer, (now: Payment) => this.told(now), () => this.loadStory(p.id));
  }

  /** reverse asks the terminal to give a charge back. It answers when that is on record; events tell the rest. */
  async reverse(id: string, signer?: Signer): Promise<boolean> {
    return this.decide(o.reversalOf(id), `payments/${encodeURIComponent(id)}/reversal`, {}, signer, (now: Payment) => this.told(now), () => this.loadStory(id));
  }

  /** endCase ends a case with its proof, or proposes to. */
  async endCase(one: Case, ending: string, proof: string): Promise<boolean> {
    const body = { seq: one.seq, ending, proof: proof.trim() };
    return this.decide(o.endingOf(one.id), `cases/${encodeURIComponent(one.id)}/ending`, body, undefined, (now: Case) => this.mended(now), () => this.loadCases());
  }

  async countersignCase(one: Case, accept: boolean, signer?: Signer): Promise<boolean> {
    const body = { evidence_seq: one.seq, accept };
    return this.decide(o.endingOf(one.id), `cases/${encodeURIComponent(one.id)}/ending/countersign`, body, signer, (now: Case) => this.mended(now), () => this.loadCases());
  }

  /** totals reads a terminal's total beside the ledger's; close ends its session and judges both. */
  async totals(name: string, action: "totals" | "close", signer?: Signer): Promise<boolean> {
    const path = `terminals/${encodeURIComponent(name)}/${action}`;
    return this.decide(o.closingOf(name), path, {}, signer, (report: TerminalReport) => {
      this.host.change({ reports: { ...this.office().reports, [name]: { report, at: report.closing?.at ?? this.moment() } } });
      this.host.say(this.host.texts().office.said.reported);
    });
  }

  // loadClosings reads again how each terminal was closed last: from another page, or before a reload. It is shown
  // where nothing newer is; without an answer there is nothing to show.
  private async loadClosings(): Promise<void> {
    for (const { name } of this.host.counter().mirror?.terminals ?? []) {
      const path = `terminals/${encodeURIComponent(name)}/closing`;
      const report = await this.host.api.call<TerminalReport>("POST", path, { request_id: this.host.requestID() }).catch(() => undefined);
      const at = report?.closing?.at;
      if (report && at && !(at <= (this.office().reports[name]?.at ?? ""))) this.host.change({ reports: { ...this.office().reports, [name]: { report, at } } });
    }
  }

  /** tryTerminal asks a terminal how it is: no money moves. */
  async tryTerminal(name: string): Promise<boolean> {
    return this.decide(o.statusOf(name), `terminals/${encodeURIComponent(name)}/status`, {}, undefined, (report: TerminalReport) => {
      this.host.change({ reports: { ...this.office().reports, [o.statusOf(name)]: { report, at: this.moment() } } });
    });
  }

  /** print has the service's printer print a paper, once. */
  async print(id: string, what: "slip" | "attestation"): Promise<boolean> {
    return this.decide(o.printOf(id, what), `payments/${encodeURIComponent(id)}/print`, { what }, undefined, (now: Printed) => {
      const { printed, queued } = this.host.texts().office.papers;
      this.host.say(now.done ? printed : queued);
    });
  }

  /** offline opens a period of charging without the platform, or closes it. */
  async offline(action: "open" | "close", reason: string, signer?: Signer): Promise<boolean> {
    const body = { action, reason: reason.trim() || undefined };
    return this.decide(o.offlineKey, "offline", body, signer, (now: Offline) => {
      const { said } = this.host.texts().office;
      this.host.say(now.closed_at ? said.online : said.offline);
    });
  }

  /** create makes a debt on the platform; its notice comes to the counter. */
  async create(request: Omit<CreateRequest, "request_id">): Promise<boolean> {
    return this.decide(o.createKey, "positions", request, undefined, (notice: Notice) => {
      this.host.offer(notice);
      this.host.say(this.host.texts().office.said.created);
    });
  }

  /** forget takes a refusal off the screen. */
  forget(key: string): void {
    const { [key]: gone, ...asked } = this.office().asked;
    if (gone && !gone.busy) this.host.change({ asked });
  }

  // decide carries one decision out, once. The id goes with the body: whatever is sent again after a lost
  // answer is the same decision, and another body is another one.
  private async decide<T>(key: string, path: string, body: object, signer: Signer | undefined, done: (now: T) => void, changed?: () => void): Promise<boolean> {
    if (this.office().asked[key]?.busy) return false;
    const text = [path, JSON.stringify(body), signer?.operator].join(" ");
    const before = this.sent.get(key);
    const id = before?.body === text ? before.id : this.host.requestID();
    this.sent.set(key, { body: text, id });
    this.asked(key, { busy: true });
    try {
      const send = (api: Api) => api.call<T>("POST", path, { request_id: id, ...body });
      const now = await (signer ? this.host.api.signed(signer.operator, signer.pin, send) : send(this.host.api));
      this.sent.delete(key);
      this.asked(key, undefined);
      done(now);
      return true;
    } catch (cause) {
      if (!signer && this.host.over(cause)) return false;
      const lost = cause instanceof Lost;
      // The platform may have made a debt and not said so: asked for under the same id it is made once.
      if (cause instanceof Refusal && !(key === o.createKey && unasked(cause.error))) this.sent.delete(key);
      this.asked(key, { busy: false, lost, error: this.host.fault(cause), at: this.moment() });
      if (lost || (cause instanceof Refusal && cause.status === 409)) changed?.();
      return false;
    }
  }

  // told shows a payment as a decision has left it. Its evidence is asked for: a decision's answer has none.
  private told(now: Payment): void {
    const t = this.host.texts();
    if (now.state === "reversing" && !now.needs_people) this.host.say(t.office.said.reversing);
    else this.host.say(now.proposal ? t.office.said.waits : t.office.said.stands(t.states[now.state] ?? now.state));
    const had = this.office().stories[now.id]?.value;
    this.host.change({ stories: { ...this.office().stories, [now.id]: { value: { ...now, evidence: now.evidence ?? had?.evidence } } } });
    if (this.host.view() === "verify") this.host.change({ story: now.id });
    void this.loadStory(now.id);
    void this.loadCases();
  }

  private mended(now: Case): void {
    const { said } = this.host.texts().office;
    this.host.say(now.ended ? said.ended : now.proposal ? said.waits : said.open);
    const { cases, allCases } = this.office();
    const value = (cases.value ?? []).flatMap((x) => (x.id !== now.id ? [x] : now.ended && !allCases ? [] : [now]));
    this.host.change({ cases: { ...cases, value } });
    void this.loadCases();
  }

  private asked(key: string, to: Asked | undefined): void {
    const { [key]: _, ...asked } = this.office().asked;
    this.host.change({ asked: to ? { ...asked, [key]: to } : asked });
  }

  private office(): Office {
    return this.host.counter().office;
  }

  private moment(): string {
    return new Date(this.host.now()).toISOString();
  }
}
