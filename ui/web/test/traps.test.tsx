// Keys and clicks that were meant for something else: none of them may charge.

import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stage } from "../src/core/counter";
import { Scanner } from "../src/core/scan";
import { App } from "../src/view/App";
import { attachKeys, scanField } from "../src/view/keys";
import { activity, debt, payment, snapshot } from "./fixtures";
import { settle, World } from "./world";

const qr = "PAGOPA|002|302001000000000142|01199250158|4250";

let w: World;
let detach = () => {};
beforeEach(() => void (w = new World()));
afterEach(() => {
  w.page.stop();
  detach();
  detach = () => {};
  cleanup();
});

const at = () => stage(w.page.counter());

async function inHand(over: Parameters<typeof debt>[0] = {}) {
  w.page.take(qr);
  await w.last("POST notices/lookup").answer(200, debt(over));
  w.later();
}

async function declinedHere() {
  await inHand();
  w.page.primary();
  const p = payment({ request_id: "id-1" });
  await w.last("POST payments").answer(202, p);
  w.event({ type: "payment", payment: { ...p, state: "not_charged" } });
  w.later();
  return p;
}

describe("another card", () => {
  it("is offered only where the first was asked for", async () => {
    await w.online();
    w.event({ type: "activity", activity: activity({ request_id: "theirs" }) });
    w.event({ type: "payment", payment: payment({ request_id: "theirs" }) });
    w.event({ type: "payment", payment: payment({ request_id: "theirs", state: "not_charged" }) });
    w.event({ type: "activity", activity: activity({ request_id: "theirs", phase: "" }) });
    w.later();
    expect(at()).toMatchObject({ kind: "declined", retry: false, foreign: true });
    expect(w.page.primary()).toBe(false);
    expect(w.count("POST payments")).toBe(0);
  });

  it("nor after a reload, which forgets who asked", async () => {
    await w.online();
    w.event({ type: "activity", activity: activity({ request_id: "theirs" }) });
    w.event({ type: "payment", payment: payment({ request_id: "theirs" }) });
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.page.start();
    w.connect(snapshot({ payments: [payment({ request_id: "theirs", state: "not_charged" })] }));
    w.later();
    expect(at().kind).toBe("idle");
    expect(w.page.primary()).toBe(false);
  });

  it("is offered no more once somebody has gone on with the debt", async () => {
    await w.online();
    const p = await declinedHere();
    expect(at()).toMatchObject({ kind: "declined", retry: true, foreign: false });
    w.event({ type: "payment", payment: payment({ id: "A1-00000002", request_id: "theirs", retry_of: p.id, state: "charged" }) });
    w.later();
    expect(at()).toMatchObject({ kind: "declined", retry: false, foreign: true });
    expect(w.page.primary()).toBe(false);
  });

  it("waits for a key of its own when it appears late", async () => {
    await w.online();
    await inHand();
    w.page.primary();
    const p = payment({ request_id: "id-1" });
    await w.last("POST payments").answer(202, p);
    w.event({ type: "activity", activity: activity({ request_id: "id-1" }) });
    w.event({ type: "payment", payment: { ...p, state: "not_charged" } });
    w.later();
    w.event({ type: "activity", activity: activity({ request_id: "id-1", phase: "" }) });
    expect(at()).toMatchObject({ kind: "declined", retry: true });
    expect(w.page.primary()).toBe(false);
    w.later();
    expect(w.page.primary()).toBe(true);
  });
});

describe("an amount that the citizen has just accepted", () => {
  it("is not charged by the second click of a slow double click", async () => {
    await w.online();
    await inHand({ printed_cents: 4000 });
    expect(w.page.primary()).toBe(true);
    expect(w.page.counter().remark?.text).toContain("premi di nuovo Invio");
    w.clock += 999;
    expect(w.page.primary()).toBe(false);
    expect(w.count("POST payments")).toBe(0);
    w.clock += 1;
    expect(w.page.primary()).toBe(true);
    expect(w.last("POST payments").body).toMatchObject({ notices: [{ expected_cents: 4250 }] });
  });

  it("nor is the next one in the cart accepted by it", async () => {
    await w.online();
    await inHand({ printed_cents: 4000 });
    w.page.take("second");
    await w.last("POST notices/lookup").answer(200, debt({ number: "302001000000000299", printed_cents: 100 }));
    w.later();
    expect(w.page.primary()).toBe(true);
    w.clock += 500;
    expect(w.page.primary()).toBe(false);
    expect(at()).toMatchObject({ kind: "cart", asks: { debt: { number: "302001000000000299" } } });
  });
});

describe("a button", () => {
  beforeEach(async () => {
    const scanner = new Scanner({ field: scanField, onScan: () => undefined });
    detach = attachKeys(document, w.page, scanner);
    render(<App page={w.page} scanner={scanner} />);
    await w.online();
    await inHand({ printed_cents: 4000 });
    await settle();
  });

  it("is pressed once, however long Enter is held", () => {
    const accept = screen.getByRole("button", { name: /Il cittadino accetta/ });
    accept.focus();
    expect(fireEvent.keyDown(accept, { key: "Enter" })).toBe(true); // the browser presses it
    expect(fireEvent.keyDown(accept, { key: "Enter", repeat: true })).toBe(false); // and not again
  });

  it("takes no second click of a double click", async () => {
    fireEvent.click(screen.getByRole("button", { name: /Il cittadino accetta/ }), { detail: 1 });
    await settle();
    w.clock += 5000;
    const charge = screen.getByRole("button", { name: /Incassa 42,50/ });
    fireEvent.click(charge, { detail: 2 });
    expect(w.count("POST payments")).toBe(0);
    fireEvent.click(charge, { detail: 1 });
    expect(w.count("POST payments")).toBe(1);
  });
});
