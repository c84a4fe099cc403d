// The day's takings by hour and by service, from the payments that the page has: what is charged and was not
// given back.

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
  const by = new Map<number, Hour>();
  for (const p of chargedToday(payments, now)) {
    const hour = hourOf(p.charge?.host_time || p.created_at);
    const had = by.get(hour) ?? { hour, count: 0, cents: 0 };
    by.set(hour, { hour, count: had.count + 1, cents: had.cents + (p.charge?.amount_cents || p.amount_cents) });
  }
  if (by.size === 0) return [];
  const first = Math.min(...by.keys());
  const last = Math.max(...by.keys());
  return Array.from({ length: last - first + 1 }, (_, i) => by.get(first + i) ?? { hour: first + i, count: 0, cents: 0 });
}

/** Kind is what notices of one service have brought. */
export interface Kind {
  /** As the notices write it; empty: they do not say, or it is all the rest. */
  name: string;
  rest?: boolean;
  count: number;
  cents: number;
}

// As many bars as an eye compares.
const most = 6;

/** kinds are today's notices by service, the highest first; the small ones stand together at the end. */
export function kinds(payments: Payment[], now: number): Kind[] {
  const by = new Map<string, Kind>();
  for (const p of chargedToday(payments, now)) {
    for (const n of p.notices) {
      const name = kindOf(n.description ?? "");
      const had = by.get(name) ?? { name, count: 0, cents: 0 };
      by.set(name, { name, count: had.count + 1, cents: had.cents + n.amount_cents });
    }
  }
  const all = [...by.values()].sort((a, b) => b.cents - a.cents || a.name.localeCompare(b.name));
  if (all.length <= most) return all;
  const rest = all.slice(most - 1).reduce((sum, k) => ({ ...sum, count: sum.count + k.count, cents: sum.cents + k.cents }), { name: "", rest: true, count: 0, cents: 0 });
  return [...all.slice(0, most - 1), rest];
}

/**
 * kindOf is a debt's reason without what tells one debt from another: "TARI 2026, acconto" and "TARI 2025" are
 * both "TARI". The platform's own name of the service does not come with a payment.
 */
export function kindOf(description: string): string {
  const head = /^[^,;:(/\d]+/.exec(description.trim())?.[0] ?? "";
  return head.replace(/[\s\u2013-]+(n\.?|nr\.?|anno|del|della|di)?\s*$/iu, "").trim();
}

function chargedToday(payments: Payment[], now: number): Payment[] {
  const today = new Date(now).toISOString();
  return payments.filter((p) => p.state === "charged" && sameDay(p.charge?.host_time || p.created_at, today));
}
