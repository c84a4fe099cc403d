// What survives a reload of this tab, and only of this tab: who is signed in, the requests whose answer
// may have been lost, and the codes in the cart. No cookie, nothing in local storage (design 9).

import type { ViewName } from "./office";
import type { Operator, PaymentRequest } from "./types.gen";

export interface Kept {
  token?: string;
  operator?: Operator;
  /** Locked: the PIN brings this operator back. */
  lockedFor?: string;
  terminal?: string;
  view?: ViewName;
  /** This window had the pen. */
  pen?: boolean;
  /** The codes in the cart, looked up again after a reload, and the requests that were made for it before. */
  cart?: { codes: string[]; done: string[]; apart?: boolean };
  /** By terminal: what was asked there last, with the codes that wait behind it and the requests before it. */
  jobs?: Record<string, { request: PaymentRequest; accepted: boolean; rest?: string[]; done?: string[] }>;
}

/** The part of Storage that is used, so that tests bring their own. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const key = "sportello";

/** recall reads what was kept; anything unreadable counts as nothing. */
export function recall(shelf: Shelf): Kept {
  try {
    const value: unknown = JSON.parse(shelf.getItem(key) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Kept) : {};
  } catch {
    return {};
  }
}

/** keep writes at once: a charge is asked for only after its request id is kept. */
export function keep(shelf: Shelf, kept: Kept): void {
  try {
    shelf.setItem(key, JSON.stringify(kept));
  } catch {
    // A full or forbidden store costs the survival of a reload; the snapshot still shows the payment.
  }
}

/** forget ends the session in this tab. */
export function forget(shelf: Shelf): void {
  shelf.removeItem(key);
}
