// The mirror holds what the service last said: a snapshot and the numbered events after it. The page
// never infers money facts; it draws this. A hole in the numbers makes it ask for a new snapshot.

import type { Activity, Payment, ServiceEvent, Snapshot, Terminal } from "./types.gen";

export interface Mirror extends Snapshot {
  /** Milliseconds to add to this PC's clock to get the service's. */
  clockOffset: number;
}

/** Fed is the mirror after an event; gap asks for a new snapshot, and the mirror stays as it was. */
export interface Fed {
  mirror: Mirror | undefined;
  gap: boolean;
}

/** feed applies one event. Snapshots always replace; old events are dropped; a hole is a gap. */
export function feed(mirror: Mirror | undefined, event: ServiceEvent, now: number): Fed {
  if (event.type === "snapshot") {
    if (!event.snapshot) return { mirror, gap: true };
    return { mirror: fromSnapshot(event.snapshot, now), gap: false };
  }
  if (!mirror) return { mirror, gap: true };
  if (event.sequence <= mirror.sequence) return { mirror, gap: false };
  if (event.sequence !== mirror.sequence + 1) return { mirror, gap: true };
  return { mirror: { ...change(mirror, event), sequence: event.sequence }, gap: false };
}

/** fromSnapshot starts a mirror. Go writes an empty list as null when it has never been filled. */
export function fromSnapshot(s: Snapshot, now: number): Mirror {
  const at = Date.parse(s.now);
  return {
    ...s,
    creditors: s.creditors ?? [],
    terminals: s.terminals ?? [],
    activities: (s.activities ?? []).filter((a) => a.phase !== ""),
    payments: s.payments ?? [],
    clockOffset: Number.isNaN(at) ? 0 : at - now,
  };
}

/** withAnswer adds the payment that POST payments answered, unless an event was faster. */
export function withAnswer(mirror: Mirror, payment: Payment): Mirror {
  if (mirror.payments.some((p) => p.id === payment.id)) return mirror;
  return { ...mirror, payments: [payment, ...mirror.payments] };
}

function change(mirror: Mirror, event: ServiceEvent): Mirror {
  switch (event.type) {
    case "payment":
      return event.payment ? { ...mirror, payments: put(mirror.payments, event.payment) } : mirror;
    case "activity":
      return event.activity ? { ...mirror, activities: putActivity(mirror.activities, event.activity) } : mirror;
    case "terminal":
      return event.terminal ? { ...mirror, terminals: putTerminal(mirror.terminals, event.terminal) } : mirror;
    case "platform":
      return event.platform ? { ...mirror, platform: event.platform } : mirror;
    case "queue":
      return event.queue ? { ...mirror, queue: event.queue } : mirror;
    case "offline":
      return event.offline ? { ...mirror, offline: event.offline } : mirror;
    case "printer":
      return event.printer ? { ...mirror, printer: event.printer } : mirror;
    default:
      return mirror; // a kind this version does not know: its number counts, its content does not
  }
}

function put(payments: Payment[], payment: Payment): Payment[] {
  const at = payments.findIndex((p) => p.id === payment.id);
  return at < 0 ? [payment, ...payments] : payments.with(at, payment);
}

function putActivity(activities: Activity[], activity: Activity): Activity[] {
  const others = activities.filter((a) => a.request_id !== activity.request_id);
  return activity.phase === "" ? others : [...others, activity];
}

function putTerminal(terminals: Terminal[], terminal: Terminal): Terminal[] {
  const at = terminals.findIndex((t) => t.name === terminal.name);
  return at < 0 ? [...terminals, terminal] : terminals.with(at, terminal);
}
