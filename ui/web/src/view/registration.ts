import type { Payment, PaymentNotice, Registration } from "../core/types.gen";
import type { Tone } from "./parts";

/** A registration as the page shows it: late is an awaited receipt past its time. */
export type Shown = Registration | "late";

// The notice that needs most attention speaks for the payment.
const order: Shown[] = ["rejected", "paid_elsewhere", "held", "late", "submitting", "awaiting_receipt", "closed", "registered", "none"];

/** shownOf is what the platform knows of one notice. */
export function shownOf(n: PaymentNotice): Shown {
  return n.late && n.registration !== "registered" ? "late" : n.registration;
}

/** registrationOf is what the platform knows of a payment, all its notices together. */
export function registrationOf(payment: Payment): Shown {
  const all = (payment.notices ?? []).map(shownOf);
  return order.find((r) => all.includes(r)) ?? "none";
}

/** registrationTone is its colour; a word always stands beside it. */
export function registrationTone(r: Shown): Tone {
  switch (r) {
    case "registered":
      return "good";
    case "late":
    case "held":
    case "paid_elsewhere":
    case "rejected":
      return "warn";
    default:
      return "info";
  }
}
