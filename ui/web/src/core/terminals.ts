// Terminals are what the clerk does with a terminal beside a payment: choose one, free it, adopt what it shows.

import type { Api } from "./api";
import { emptyCart } from "./cart";
import * as k from "./counter";
import type { Counter } from "./counter";
import type { Texts } from "./i18n";
import type { ApiError } from "./types.gen";

/** TerminalsHost is the page, as far as they need it. */
export interface TerminalsHost {
  api: Api;
  counter(): Counter;
  set(next: Counter): void;
  requestID(): string;
  /** Ends the session when the service no longer knows it. */
  over(cause: unknown): boolean;
  fault(cause: unknown): ApiError;
  say(text: string, state?: Counter): void;
  texts(): Texts;
  /** Ends a cart that is charged one after another; see Charging.stop. */
  stop(): boolean;
}

// A terminal that is being asked something answers soon: it is asked again so often, so far apart in milliseconds.
const tries = 10;
const pause = 1000;

export class Terminals {
  constructor(private readonly host: TerminalsHost) {}

  /** choose binds the page to a terminal; the cart, what was just refused and what waits behind an unknown go along. */
  choose(name: string): void {
    const at = k.stage(this.host.counter());
    if ((at.kind === "refused" || at.kind === "unknown") && at.run) this.host.stop();
    let next = this.host.counter();
    if (at.kind === "refused" && !at.run && at.job.lines.length > 0 && next.cart.lines.length === 0) {
      next = { ...k.settled(next), cart: { ...emptyCart, lines: at.job.lines } };
    }
    next = { ...next, terminal: name, action: undefined };
    const chosen = k.terminalInHand(next);
    if (!chosen) return;
    const t = this.host.texts();
    this.host.say(t.said.terminal(chosen.label || chosen.name, t.lights[chosen.light]), next);
  }

  /** change goes to the next terminal (F2). */
  change(): void {
    const next = k.nextTerminal(this.host.counter());
    if (next) this.choose(next.name);
  }

  /** free lets a terminal work again while the notice of its unknown stays locked. */
  free(name: string): Promise<void> {
    return this.act(name, "free", this.host.texts().terminal.freed);
  }

  /** adopt accepts the terminal's last transaction after a supervisor has seen it. */
  adopt(name: string): Promise<void> {
    return this.act(name, "adopt", this.host.texts().terminal.adopted);
  }

  private async act(name: string, action: "free" | "adopt", done: string): Promise<void> {
    if (this.host.counter().action?.busy) return;
    const holds = () => this.host.counter().mirror?.terminals.find((t) => t.name === name)?.payment_id;
    const meant = holds();
    let mine = this.put({ terminal: name, busy: true });
    for (let tried = 1; ; tried++) {
      try {
        const report = await this.host.api.terminal(name, action, this.host.requestID());
        return void this.put({ terminal: name, busy: false, text: report.text || done });
      } catch (cause) {
        if (this.host.over(cause)) return;
        const error = this.host.fault(cause);
        const t = this.host.texts().terminal;
        if (error.code !== "terminal_busy") return void this.put({ terminal: name, busy: false, error });
        if (tried === tries) return void this.put({ terminal: name, busy: false, error: { ...error, message: t.stillAnswers, hint: t.stillAnswersTodo } });
        mine = this.put({ terminal: name, busy: true, text: t.answers });
        await new Promise((done) => setTimeout(done, pause));
        if (this.host.counter().action !== mine) return; // another terminal was chosen, or the counter locked
        if (holds() !== undefined && holds() !== meant) return void this.put(undefined); // another payment's: nobody has asked for that
      }
    }
  }

  private put(action: Counter["action"]): Counter["action"] {
    this.host.set({ ...this.host.counter(), action });
    return action;
  }
}
