import { describe, expect, it } from "vitest";
import { feed, fromSnapshot, withAnswer } from "../src/core/mirror";
import type { ServiceEvent, Snapshot } from "../src/core/types.gen";
import { activity, now, payment, snapshot, terminal } from "./fixtures";

const start = () => fromSnapshot(snapshot(), now);

describe("feed", () => {
  it("needs a snapshot first", () => {
    expect(feed(undefined, { sequence: 11, type: "platform", platform: { light: "ready" } }, now)).toEqual({ mirror: undefined, gap: true });
  });

  it("applies the next event of each kind", () => {
    let m = start();
    const events: Omit<ServiceEvent, "sequence">[] = [
      { type: "payment", payment: payment() },
      { type: "activity", activity: activity() },
      { type: "terminal", terminal: terminal({ light: "busy" }) },
      { type: "platform", platform: { light: "not_ready" } },
      { type: "payment", payment: payment({ state: "charged" }) },
      { type: "activity", activity: activity({ phase: "" }) },
    ];
    for (const [i, e] of events.entries()) {
      const fed = feed(m, { ...e, sequence: 11 + i }, now);
      expect(fed.gap).toBe(false);
      m = fed.mirror!;
    }
    expect(m.sequence).toBe(16);
    expect(m.payments.map((p) => p.state)).toEqual(["charged"]);
    expect(m.activities).toEqual([]);
    expect(m.terminals[0]?.light).toBe("busy");
    expect(m.platform.light).toBe("not_ready");
  });

  it("asks for a snapshot when a number is missing, and keeps what it had", () => {
    const m = start();
    const fed = feed(m, { sequence: 12, type: "payment", payment: payment() }, now);
    expect(fed).toEqual({ mirror: m, gap: true });
  });

  it("drops an event that the snapshot already holds", () => {
    const m = start();
    expect(feed(m, { sequence: 10, type: "payment", payment: payment() }, now)).toEqual({ mirror: m, gap: false });
  });

  it("replaces everything by a snapshot, also by an older one: the service may have started again", () => {
    const m = feed(start(), { sequence: 11, type: "payment", payment: payment() }, now).mirror!;
    const fed = feed(m, { sequence: 3, type: "snapshot", snapshot: snapshot({ sequence: 3 }) }, now);
    expect(fed.mirror?.sequence).toBe(3);
    expect(fed.mirror?.payments).toEqual([]);
  });

  it("counts an event of an unknown kind", () => {
    const fed = feed(start(), { sequence: 11, type: "weather" as "payment" }, now);
    expect(fed.gap).toBe(false);
    expect(fed.mirror?.sequence).toBe(11);
  });

  it("takes null for an empty list", () => {
    const bare = { ...snapshot(), payments: null, terminals: null, activities: null, creditors: null } as unknown as Snapshot;
    const m = fromSnapshot(bare, now);
    expect([m.payments, m.terminals, m.activities, m.creditors]).toEqual([[], [], [], []]);
  });

  it("measures the service's clock", () => {
    expect(fromSnapshot(snapshot(), now - 5000).clockOffset).toBe(5000);
  });
});

it("withAnswer never overwrites what an event brought sooner", () => {
  const m = feed(start(), { sequence: 11, type: "payment", payment: payment({ state: "charged" }) }, now).mirror!;
  expect(withAnswer(m, payment()).payments[0]?.state).toBe("charged");
  expect(withAnswer(start(), payment()).payments).toHaveLength(1);
});
