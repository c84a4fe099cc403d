import { describe, expect, it } from "vitest";
import { empty, type Counter } from "../src/core/counter";
import { parts, readiness, sha256 } from "../src/core/status";
import type { Snapshot } from "../src/core/types.gen";
import { snapshot, terminal } from "./fixtures";

function counter(snap: Partial<Snapshot> = {}, over: Partial<Counter> = {}): Counter {
  return { ...empty, link: "online", mirror: { ...snapshot(snap), clockOffset: 0 }, ...over };
}

const away = { light: "not_ready" as const };

describe("the counter in one word", () => {
  it.each([
    ["ready", counter(), false, "ready", []],
    ["at work is ready", counter({ terminals: [terminal({ light: "busy" })] }), false, "ready", []],
    ["one terminal of two suffices", counter({ terminals: [terminal(), terminal({ name: "b", light: "not_ready" })] }), false, "ready", []],
    ["none does not", counter({ terminals: [terminal({ light: "not_ready" }), terminal({ name: "b", stopped: { code: "x", text: "Fermo" } })] }), false, "not_ready", ["terminal cassa1", "terminal b"]],
    ["an unknown outcome holds it", counter({ terminals: [terminal({ locked: true })] }), false, "not_ready", ["terminal cassa1"]],
    ["without the platform", counter({ platform: away }), false, "not_ready", ["platform"]],
    ["but for a period without it", counter({ platform: away }), true, "ready", []],
    ["a printer stands in nobody's way", counter({ printer: { light: "not_ready", waiting: 3 } }), false, "ready", []],
    ["nobody asked yet", counter({ terminals: [terminal({ light: "unknown" })] }), false, "unknown", []],
    ["nor the platform", counter({ platform: { light: "unknown" } }), false, "unknown", []],
    ["without the service", counter({}, { link: "lost" }), false, "not_ready", ["service"]],
    ["before its first word", counter({}, { link: "connecting", mirror: undefined }), false, "not_ready", ["service"]],
  ] as const)("%s", (_, c, offline, word, why) => {
    const r = readiness(c, offline);
    expect([r.word, r.why.map((p) => (p.name ? `${p.what} ${p.name}` : p.what))]).toEqual([word, why]);
  });

  it("a stopped terminal says why it is stopped", () => {
    const reason = { code: "terminal_without_receipts", text: "Tre incassi senza ricevuta." };
    expect(parts(counter({ terminals: [terminal({ stopped: reason, reason: { code: "y", text: "Altro" } })] }))[0]).toEqual({ what: "terminal", name: "cassa1", light: "not_ready", reason });
  });
});

it("counts the hash that the service counts", async () => {
  expect(await sha256(new Blob(["abc"]))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
