// The basket takes notices into the cart: scanned, typed, or brought from another view. Each is looked up on the
// platform; nothing here charges anything.

import type { Api } from "./api";
import { codeOf, emptyCart, isFull, pick, picked, taken, without, withLine, type Line } from "./cart";
import * as k from "./counter";
import type { Counter } from "./counter";
import type { Texts } from "./i18n";
import type { ViewName } from "./office";
import type { Sound } from "./sound";
import type { ApiError, Notice, Payment } from "./types.gen";

/** BasketHost is the page, as far as it needs it. */
export interface BasketHost {
  api: Api;
  counter(): Counter;
  set(next: Counter): void;
  show(view: ViewName): void;
  play(sound: Sound): void;
  /** Ends the session when the service no longer knows it. */
  over(cause: unknown): boolean;
  fault(cause: unknown): ApiError;
  say(text: string, state?: Counter): void;
  texts(): Texts;
}

export class Basket {
  private ids = 0;
  /** By line: its newest look-up, whose answer counts. */
  private readonly turns = new Map<number, number>();

  constructor(private readonly host: BasketHost) {}

  /** take is a scanned or typed code: it joins what is in the cart. */
  take(code: string, anyway = false): void {
    if (this.full(code)) return;
    this.host.play("scan");
    const line: Line = { id: ++this.ids, code, busy: true };
    const c = k.settled(this.host.counter());
    this.host.set({ ...c, cart: withLine(c.cart, line), remark: undefined, view: "till" });
    void this.find(line, anyway);
  }

  /** offer takes up a debt that the service has just made: it was looked up already. */
  offer(debt: Notice): void {
    const code = codeOf(debt);
    if (this.full(code)) return;
    const c = k.settled(this.host.counter());
    this.host.set({ ...c, cart: withLine(c.cart, { id: ++this.ids, code, busy: false, debt }), view: "till" });
  }

  // full says, to the clerk, too, that nothing can join the cart now.
  private full(code: string): boolean {
    const c = this.host.counter();
    const t = this.host.texts();
    const at = k.stage(c).kind;
    const refuse = (why: string, show = true) => {
      if (show) this.host.show("till");
      this.host.play("attention");
      this.host.say(why);
      return true;
    };
    if (c.link !== "online") return refuse(t.scan.offline, false);
    if (c.pen === "elsewhere") return refuse(t.pen.ignored, false);
    if (at === "working" || (at === "lost" && c.mirror === undefined)) return refuse(t.scan.ignored(k.terminalInHand(c)?.label ?? ""));
    if (k.left(c) > 0) return refuse(t.cart.unfinished(k.left(c)));
    if (isFull(c.cart, code)) return refuse(t.cart.full);
    return false;
  }

  /** again looks notices up anew, as lines for the cart; told are the amounts that the clerk had on the screen. */
  again(codes: Pick<Line, "code" | "toldCents">[]): Line[] {
    return codes.map(({ code, toldCents }) => {
      const line: Line = { id: ++this.ids, code, busy: true, toldCents };
      void Promise.resolve().then(() => this.find(line)); // once the line stands where it belongs
      return line;
    });
  }

  /** heard looks up again what a payment of another page or program has taken. */
  heard(payment: Payment): void {
    for (const line of k.lines(this.host.counter())) if (taken(line, payment)) void this.find(line, true);
  }

  private async find(line: Line, anyway = false): Promise<void> {
    const { id, code, toldCents } = line;
    const turn = (this.turns.get(id) ?? 0) + 1;
    this.turns.set(id, turn);
    let found: Line;
    try {
      const debt = await this.host.api.lookup(anyway ? { code, anyway } : { code });
      found = { id, code, busy: false, debt: toldCents && !debt.printed_cents ? { ...debt, printed_cents: toldCents } : debt };
    } catch (cause) {
      if (this.host.over(cause)) return;
      found = { id, code, busy: false, error: this.host.fault(cause) };
    }
    const before = this.host.counter();
    const next = k.withLooked(before, found);
    if (next === before || this.turns.get(id) !== turn) return;
    if (found.error || !found.debt?.payable) this.host.play("attention");
    if (k.lines(next).length < k.lines(before).length) this.host.say(this.host.texts().cart.already, next);
    else this.host.set(next);
  }

  /** accept notes that the citizen agrees to an amount that the print does not say. */
  accept(line: Line): void {
    if (line.debt) this.host.set(k.withLooked(this.host.counter(), { ...line, acceptedCents: line.debt.amount_cents }));
  }

  /** pick moves along the lines: the one that remove takes out. */
  pick(step: 1 | -1): boolean {
    const c = this.host.counter();
    if (k.stage(c).kind !== "cart") return false;
    this.host.set({ ...c, cart: pick(c.cart, step) });
    return true;
  }

  /** remove takes a line out of the cart: the given one, or the one that is picked. */
  remove(id = picked(this.host.counter().cart)?.id): boolean {
    const c = this.host.counter();
    if (k.stage(c).kind !== "cart" || id === undefined) return false;
    const line = c.cart.lines.find((l) => l.id === id);
    const name = line?.debt?.description || line?.code || "";
    this.host.say(this.host.texts().cart.removed(name), { ...c, cart: without(c.cart, id) });
    return true;
  }

  /** leave makes room: what is over at the terminal goes first, and what was gathered meanwhile stays; then the cart. */
  leave(): void {
    const c = this.host.counter();
    const settled = k.settled(c);
    this.host.set({ ...settled, cart: settled === c ? emptyCart : c.cart, remark: undefined });
  }
}
