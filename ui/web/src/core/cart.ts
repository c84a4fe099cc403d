// The cart is what one citizen has brought: up to five notices, each as the platform has it now, and how they
// will be charged. Plain data and pure functions; no I/O here.

import type { ApiError, Notice, Payment, PaymentRequest, Reason, Terminal } from "./types.gen";

/** A cart holds this many notices. */
export const most = 5;

/** Line is one code in the cart and what the platform said of it. */
export interface Line {
  /** Tells lines apart, and the answers to their look-ups. */
  id: number;
  code: string;
  busy: boolean;
  debt?: Notice;
  error?: ApiError;
  /** The amount that the citizen accepted although the print, or what was said before, is another. */
  acceptedCents?: number;
  /** What was said before the platform changed the amount. */
  toldCents?: number;
}

export interface Cart {
  lines: Line[];
  /** Ids of the requests by which lines of this cart were asked for before it was stopped. */
  done: string[];
  /** The service refused them together: they are charged one after another although the terminal takes as many at once. */
  apart?: boolean;
  /** Why the charge of the whole was refused, until the cart changes. */
  note?: Reason;
  /** The line that was picked, by its id; see picked. */
  at?: number;
}

/** Run is what stands before and after the charge in hand when a cart is charged one after another. */
export interface Run {
  done: string[];
  rest: Line[];
}

export const emptyCart: Cart = { lines: [], done: [] };

/** codeOf names a notice as look-up reads it. */
export function codeOf(n: { creditor: string; number: string }): string {
  return `${n.number}@${n.creditor}`;
}

/** same says that two notices are one debt. */
export function same(a: { creditor: string; number: string }, b: { creditor: string; number: string }): boolean {
  return a.creditor === b.creditor && a.number === b.number;
}

/** chargeable says that a line may be charged, as far as the page knows. */
export function chargeable(line: Line): boolean {
  return !line.busy && !line.error && Boolean(line.debt?.payable);
}

/** dead says that a line can never be charged: it only keeps the others from it. */
export function dead(line: Line): boolean {
  return !line.busy && !chargeable(line);
}

/** mustAccept says that the print shows another amount and the citizen has not accepted this one yet. */
export function mustAccept(line: Line): boolean {
  const { debt } = line;
  if (!debt?.payable || !debt.printed_cents) return false;
  return debt.printed_cents !== debt.amount_cents && line.acceptedCents !== debt.amount_cents;
}

/** withLine adds a code. What can never be charged makes room; a code that is there already is looked up anew. */
export function withLine(cart: Cart, line: Line): Cart {
  const lines = cart.lines.filter((l) => !dead(l));
  const at = lines.findIndex((l) => l.code === line.code || (l.debt && line.debt && same(l.debt, line.debt)));
  return { ...cart, at: undefined, note: undefined, lines: at < 0 ? [...lines, line] : lines.with(at, line) };
}

/** isFull says that no further notice fits. */
export function isFull(cart: Cart, code: string): boolean {
  const lines = cart.lines.filter((l) => !dead(l));
  return lines.length >= most && !lines.some((l) => l.code === code);
}

/** looked takes up what a look-up said of a line. The same debt twice, under two codes, is one line: what was said last. */
export function looked(cart: Cart, line: Line): Cart {
  const { debt } = line;
  const lines = cart.lines.map((l) => (l.id === line.id ? line : l));
  const twin = debt && lines.find((l) => l.id !== line.id && l.debt && same(l.debt, debt));
  if (!twin) return { ...cart, lines };
  const told = { ...twin, debt: { ...debt, printed_cents: debt.printed_cents || twin.debt?.printed_cents } };
  return { ...cart, lines: lines.filter((l) => l.id !== line.id).map((l) => (l.id === twin.id ? told : l)) };
}

/** without takes a line out; what was charged before stays told until the cart is left. */
export function without(cart: Cart, id: number): Cart {
  const lines = cart.lines.filter((l) => l.id !== id);
  return lines.length === 0 ? emptyCart : { ...cart, lines, note: undefined, at: undefined };
}

/** picked is the line that a key takes out: the one that was picked, or the first that is in the way, or the last. */
export function picked(cart: Cart): Line | undefined {
  return cart.lines.find((l) => l.id === cart.at) ?? cart.lines.find(dead) ?? cart.lines.at(-1);
}

/** pick moves to the neighbour: up or down. */
export function pick(cart: Cart, step: 1 | -1): Cart {
  const now = cart.lines.findIndex((l) => l.id === picked(cart)?.id);
  const next = cart.lines[Math.min(cart.lines.length - 1, Math.max(0, now + step))];
  return next ? { ...cart, at: next.id } : cart;
}

/** total is the sum of what the lines cost, those that can be charged. */
export function total(lines: Line[]): number {
  return lines.reduce((sum, l) => sum + (chargeable(l) ? (l.debt?.amount_cents ?? 0) : 0), 0);
}

/** Plan is how a cart will be charged. */
export interface Plan {
  /** One transaction for all of it; otherwise one notice after another. */
  together: boolean;
  /** What the next key charges. */
  now: Line[];
  /** How many charges it takes. */
  charges: number;
}

/** planOf: together where the terminal takes as many in one transaction, else each notice by itself. */
export function planOf(cart: Cart, terminal: Terminal | undefined): Plan {
  const { lines } = cart;
  const together = lines.length < 2 || (!cart.apart && lines.length <= (terminal?.max_notices || 1));
  return together ? { together, now: lines, charges: 1 } : { together, now: lines.slice(0, 1), charges: lines.length };
}

/** requestFor asks to charge debts at the amounts on the screen. */
export function requestFor(lines: Line[], terminal: string, requestID: string): PaymentRequest {
  const notices = lines.flatMap(({ debt }) => (debt ? [{ creditor: debt.creditor, number: debt.number, expected_cents: debt.amount_cents }] : []));
  return { request_id: requestID, terminal, notices };
}

/** retryOf asks for another card: a new request that names the payment it follows. */
export function retryOf(payment: Payment, terminal: string, requestID: string): PaymentRequest {
  const notices = payment.notices.map((n) => ({ creditor: n.creditor, number: n.number, expected_cents: n.amount_cents }));
  return { request_id: requestID, terminal, retry_of: payment.id, notices };
}

/** onlyApart says that notices were refused together and may be charged one after another. */
export function onlyApart(error: ApiError): boolean {
  return ["too_many_notices", "cart_two_stations"].includes(error.code);
}

/** taken says that a payment holds the notice of a debt that is still offered: by another page or program. */
export function taken(line: Line, payment: Payment): boolean {
  const { debt } = line;
  if (line.busy || !debt?.payable || payment.state === "not_charged") return false;
  return payment.notices.some((n) => same(n, debt));
}
