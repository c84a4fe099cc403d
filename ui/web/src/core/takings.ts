// The day's takings by hour, from the payments that the page has: what is charged and was not given back.

import { hourOf, sameDay } from "./format";
import type { Payment } from "./types.gen";

export interface Hour {
  /** 0 to 23, at the counter. */
  hour: number;
  count: number;
  cents: number;
}

/** hours are the hours of today from the first charge to the last, those without one as well. */
export function hours(payments: Payment[], now: number): Hour[] {
  const today = new Date(now).toISOString();
  const by = new Map<number, Hour>();
  for (const p of payments) {
    const at = p.charge?.host_time || p.created_at;
    if (p.state !== "charged" || !sameDay(at, today)) continue;
    const hour = hourOf(at);
    const had = by.get(hour) ?? { hour, count: 0, cents: 0 };
    by.set(hour, { hour, count: had.count + 1, cents: had.cents + (p.charge?.amount_cents || p.amount_cents) });
  }
  if (by.size === 0) return [];
  const first = Math.min(...by.keys());
  const last = Math.max(...by.keys());
  return Array.from({ length: last - first + 1 }, (_, i) => by.get(first + i) ?? { hour: first + i, count: 0, cents: 0 });
}
