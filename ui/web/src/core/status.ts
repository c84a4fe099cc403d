// Whether this counter can take payments now, told part by part from what the service last said. No I/O.

import type { Counter } from "./counter";
import { restored } from "./office";
import type { Light, Reason, Terminal } from "./types.gen";

/** Part is one thing that a payment needs. */
export interface Part {
  what: "service" | "ledger" | "terminal" | "platform" | "printer";
  /** A terminal's name. */
  name?: string;
  light: Light;
  /** Why not, in the service's words; absent where only the page knows it, or where all is well. */
  reason?: Reason;
}

/** parts are this counter's, the terminals first; a ledger from a copy, while it waits, before them. */
export function parts(c: Counter): Part[] {
  const service: Part = { what: "service", light: c.link === "online" ? "ready" : "not_ready" };
  if (!c.mirror) return [service];
  const all: Part[] = [];
  const waits = restored(c);
  if (waits) all.push({ what: "ledger", light: "not_ready", reason: waits.reason });
  for (const t of c.mirror.terminals) all.push({ what: "terminal", name: t.name, light: terminalLight(t), reason: t.stopped ?? t.reason });
  all.push({ what: "platform", light: c.mirror.platform.light, reason: c.mirror.platform.reason });
  all.push(service);
  if (c.mirror.printer) all.push({ what: "printer", light: c.mirror.printer.light, reason: c.mirror.printer.reason });
  return all;
}

function terminalLight(t: Terminal): Light {
  return t.locked || t.needs_adopt || t.stopped ? "not_ready" : t.light;
}

/** Readiness is all the parts in one word; not yet: nobody has been asked. */
export interface Readiness {
  word: "ready" | "not_ready" | "unknown";
  /** What stands in the way. */
  why: Part[];
}

/**
 * readiness weighs the parts: the service, the ledger and the platform are needed, and one of the terminals. While the
 * platform is away an open period stands in for it. A printer never stands in the way of a payment.
 */
export function readiness(c: Counter, offline: boolean): Readiness {
  const all = parts(c);
  const down = (p: Part) => p.light === "not_ready";
  const terminals = all.filter((p) => p.what === "terminal");
  const why = all.filter((p) => (p.what === "service" || p.what === "ledger") && down(p));
  if (terminals.every(down)) why.push(...terminals);
  if (!offline) why.push(...all.filter((p) => p.what === "platform" && down(p)));
  if (why.length > 0 || terminals.length === 0) return { word: "not_ready", why };
  const known = (p: Part) => p.light === "ready" || p.light === "busy";
  const platform = all.find((p) => p.what === "platform");
  return { word: terminals.some(known) && (offline || (platform && known(platform))) ? "ready" : "unknown", why };
}

/** Bundle is what is gathered for the support, as the service made it. */
export interface Bundle {
  name: string;
  text: string;
  blob: Blob;
  /** As the service counted it, hex; absent: it did not say. */
  sha256?: string;
  /** What this page counted itself is the same. */
  whole?: boolean;
}

/** sha256 counts a text's hash, hex; undefined where the browser does not. */
export async function sha256(blob: Blob): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const sum = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(sum), (b) => b.toString(16).padStart(2, "0")).join("");
}
