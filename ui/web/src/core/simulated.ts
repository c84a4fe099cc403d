// The demonstration's terminal, pressed from the page. Outside the demonstration the service has no such
// place, and the page does not ask for it.

import type { Api } from "./api";

/** What the page shows of the simulated terminal. The whole is Go's simulator.Snapshot, which is no part of the contract. */
export interface Simulated {
  busy: boolean;
  /** The terminal's own words, "" when idle. */
  screen: string;
  /** card, pin, or "". */
  waits: string;
  /** Card and PIN wait for their keys; otherwise the customer acts by itself. */
  manual_keys: boolean;
  pos_total_cents: number;
}

export type Key = "card" | "pin" | "red" | "manual_sale" | "second_register" | "manual_reversal" | "close" | "reboot";

/** The keys that take an amount. */
export const withAmount: readonly Key[] = ["manual_sale", "second_register"];

const place = "/demo/terminal/";

/** look reads the terminal as it is now. */
export function look(api: Api): Promise<Simulated> {
  return api.call("GET", `${place}state`);
}

/** press presses a key, and answers when what it starts is done: a second register waits for its customer. */
export function press(api: Api, key: Key, cents?: number): Promise<Simulated> {
  return api.call("POST", `${place}press`, withAmount.includes(key) ? { key, cents } : { key });
}

/** centsOf reads an amount as people type it: 7, 7,5 or 7.50; undefined for anything else. */
export function centsOf(typed: string): number | undefined {
  const m = /^(\d{1,5})(?:[.,](\d{1,2}))?$/.exec(typed.trim());
  const cents = m ? Number(m[1]) * 100 + Number((m[2] ?? "").padEnd(2, "0")) : 0;
  return cents > 0 ? cents : undefined;
}
