// Slips fetches the terminals' receipts and sends one to the browser's printer.

import type { Api } from "./api";
import type { Counter, Slip } from "./counter";
import type { ApiError, Payment } from "./types.gen";

/** SlipsHost is the page, as far as they need it. */
export interface SlipsHost {
  api: Api;
  counter(): Counter;
  set(next: Counter): void;
  /** Ends the session when the service no longer knows it. */
  over(cause: unknown): boolean;
  fault(cause: unknown): ApiError;
  print?: () => void;
}

export class Slips {
  constructor(private readonly host: SlipsHost) {}

  /** print sends one slip to the browser's printer. */
  print(id: string): void {
    this.host.set({ ...this.host.counter(), printing: id });
    // The views draw before the next timer, so the printer sees this slip and no other.
    setTimeout(() => {
      this.host.print?.();
      this.host.set({ ...this.host.counter(), printing: undefined });
    });
  }

  /** fetch gets a payment's slip, where there is one. */
  fetch(payment: Payment): void {
    const had = this.host.counter().slips[payment.id];
    if (!payment.has_receipt || (had && had.complete && !had.error)) return;
    void this.host.api.receipt(payment.id).then(
      (r) => this.keep(payment.id, { text: r.text, complete: r.complete }),
      (cause: unknown) => {
        if (!this.host.over(cause)) this.keep(payment.id, { text: "", complete: false, error: this.host.fault(cause) });
      },
    );
  }

  private keep(id: string, slip: Slip): void {
    this.host.set({ ...this.host.counter(), slips: { ...this.host.counter().slips, [id]: slip } });
  }
}
