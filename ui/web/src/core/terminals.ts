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
    this.host.set({ ...this.host.counter(), action: { terminal: name, busy: true } });
    try {
      const report = await this.host.api.terminal(name, action, this.host.requestID());
      this.host.set({ ...this.host.counter(), action: { terminal: name, busy: false, text: report.text || done } });
    } catch (cause) {
      if (this.host.over(cause)) return;
      this.host.set({ ...this.host.counter(), action: { terminal: name, busy: false, error: this.host.fault(cause) } });
    }
  }
}
