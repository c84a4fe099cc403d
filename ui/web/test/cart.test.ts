import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stage, type Stage } from "../src/core/counter";
import type { Notice, Payment, Terminal } from "../src/core/types.gen";
import { activity, debt, payment, snapshot, terminal } from "./fixtures";
import { settle, World } from "./world";

let w: World;
beforeEach(() => {
  w = new World();
});
afterEach(() => w.page.stop());

const at = () => stage(w.page.counter());
const number = (n: number) => `30200100000000${String(1000 + n)}`;
const owed = (n: number, over: Partial<Notice> = {}) => debt({ number: number(n), amount_cents: 1000 + n, description: `Debito ${n}`, ...over });
const codes = () => w.page.counter().cart.lines.map((l) => l.code);
const all = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

async function scan(n: number, over: Partial<Notice> = {}) {
  w.page.take(`code${n}`);
  await w.last("POST notices/lookup").answer(200, owed(n, over));
  w.later();
}

async function gather(n: number, over: Partial<Terminal> = {}) {
  await w.online({ terminals: [terminal(over), terminal({ name: "cassa2", label: "Cassa 2", ...over })] });
  for (const i of all(n)) await scan(i);
}

/** answers lets the service take the newest request, and end it. */
async function answers(over: Partial<Payment> = {}): Promise<Payment> {
  const { body } = w.last("POST payments");
  const notices = (body["notices"] as { creditor: string; number: string; expected_cents: number }[]).map((n) => ({ creditor: n.creditor, number: n.number, amount_cents: n.expected_cents, description: `Debito ${Number(n.number.slice(-4)) - 1000}`, registration: "none" as const }));
  const id = `A1-${w.count("POST payments")}`;
  const p = payment({ id, request_id: body["request_id"] as string, terminal: body["terminal"] as string, notices, amount_cents: notices.reduce((s, n) => s + n.amount_cents, 0) });
  await w.last("POST payments").answer(202, p);
  const ended: Payment = { ...p, state: "charged", ...over };
  w.event({ type: "payment", payment: ended });
  w.later();
  return ended;
}

const asked = () => (w.last("POST payments").body["notices"] as { number: string }[]).map((n) => n.number);
const run = () => ("run" in at() ? (at() as Extract<Stage, { kind: "charged" }>).run : undefined);

describe("the cart", () => {
  it("gathers five, says so of a sixth, and leaves nothing behind", async () => {
    await gather(5);
    w.page.take("code6");
    expect(codes()).toEqual(["code1", "code2", "code3", "code4", "code5"]);
    expect(w.page.counter().remark?.text).toContain("già cinque");
    expect(w.sounds.at(-1)).toBe("attention");
    w.page.clear();
    expect(at().kind).toBe("idle");
    expect(codes()).toEqual([]);
  });

  it("has a debt once, under whatever code, and looks a code that comes again up anew", async () => {
    await gather(2);
    w.page.take("typed number of the first");
    await w.last("POST notices/lookup").answer(200, owed(1));
    expect(codes()).toEqual(["code1", "code2"]);
    expect(w.page.counter().remark?.text).toContain("già nel carrello");
    await scan(2, { amount_cents: 5000 });
    expect(codes()).toEqual(["code1", "code2"]);
    expect(w.page.counter().cart.lines[1]?.debt?.amount_cents).toBe(5000);
  });

  it("shows the newest word of a notice, whichever answer comes last", async () => {
    await gather(2);
    for (const id of ["x", "y"]) w.event({ type: "payment", payment: payment({ id, request_id: id, notices: [{ ...payment().notices[0]!, number: number(2) }] }) });
    const [older, newer] = w.calls.filter((c) => c.what === "POST notices/lookup").slice(-2);
    await newer!.answer(200, owed(2, { payable: false, reason: { code: "notice_locked", text: "Legato." } }));
    await older!.answer(200, owed(2));
    expect(at()).toMatchObject({ kind: "cart", block: "line" });
  });

  it("loses one by key: the last, the one that was picked, or the one in the way", async () => {
    await gather(4);
    expect(w.page.basket.remove()).toBe(true);
    expect(codes()).toEqual(["code1", "code2", "code3"]);
    w.page.basket.pick(-1);
    w.page.basket.pick(-1);
    w.page.basket.pick(-1); // no further up than the first
    w.page.basket.remove();
    expect(codes()).toEqual(["code2", "code3"]);
    w.page.basket.pick(-1);
    w.page.basket.pick(1);
    w.page.basket.remove();
    expect(codes()).toEqual(["code2"]);
    expect(w.page.basket.remove()).toBe(false); // one by itself is left with Esc
  });

  it("charges nothing while a line cannot be charged, and the next scan takes its place", async () => {
    await gather(2);
    w.page.take("code3");
    expect(at()).toMatchObject({ kind: "cart", block: "looking" });
    expect(w.page.primary()).toBe(false);
    await w.last("POST notices/lookup").answer(200, owed(3, { payable: false, reason: { code: "notice_paid", text: "Già pagato." } }));
    w.later();
    expect(at()).toMatchObject({ kind: "cart", block: "line" });
    expect(w.page.primary()).toBe(false);
    expect(w.page.charging.charge()).toBe(false);
    await scan(4);
    expect(codes()).toEqual(["code1", "code2", "code4"]);
    expect(at()).toMatchObject({ kind: "cart", block: undefined });
    expect(w.count("POST payments")).toBe(0);
  });

  it("asks for each amount that differs before it charges any", async () => {
    await w.online({ terminals: [terminal({ max_notices: 5 })] });
    await scan(1);
    await scan(2, { printed_cents: 900 });
    await scan(3, { printed_cents: 800 });
    for (const asks of ["code2", "code3"]) {
      expect(at()).toMatchObject({ kind: "cart", asks: { code: asks } });
      expect(w.page.charging.charge()).toBe(false);
      w.page.primary();
      w.later();
    }
    expect(w.count("POST payments")).toBe(0);
    w.page.primary();
    expect(asked()).toEqual([number(1), number(2), number(3)]);
  });

  it("is looked up again after a reload", async () => {
    await gather(3);
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.page.start();
    w.connect();
    await settle();
    expect(w.calls.filter((c) => c.what === "POST notices/lookup").map((c) => c.body["code"])).toEqual(["code1", "code2", "code3"]);
    expect([...w.stored.values()].join()).not.toContain("Debito"); // codes only: nothing that was said of them
  });
});

describe("in one transaction, where the terminal takes as many", () => {
  it("five notices are one request and one key", async () => {
    await gather(5, { max_notices: 5 });
    expect(at()).toMatchObject({ kind: "cart", plan: { together: true, charges: 1 } });
    expect(w.page.primary()).toBe(true);
    expect(asked()).toEqual(all(5).map(number));
    await answers();
    expect(at()).toMatchObject({ kind: "charged", run: undefined, next: undefined });
    expect(w.count("POST payments")).toBe(1);
    await scan(6); // the next citizen
    expect(at()).toMatchObject({ kind: "debt" });
  });

  it("what the service refuses together comes back, and goes one after another", async () => {
    await gather(2, { max_notices: 5 });
    w.page.primary();
    await w.last("POST payments").answer(409, { error: { code: "cart_two_stations", message: "Due enti.", hint: "Uno alla volta." } });
    await settle();
    for (const i of [1, 2]) await w.calls.filter((c) => c.what === "POST notices/lookup").at(i - 3)!.answer(200, owed(i));
    w.later();
    expect(at()).toMatchObject({ kind: "cart", plan: { together: false, charges: 2 }, cart: { note: { text: "Due enti." } } });
    w.page.primary();
    expect(asked()).toEqual([number(1)]);
  });

  it("what is refused while the next citizen is at the other terminal is not mixed in", async () => {
    await gather(2, { max_notices: 5 });
    w.page.primary();
    w.page.terminals.change();
    await scan(7);
    await w.calls.find((c) => c.what === "POST payments")!.answer(409, { error: { code: "cart_two_stations", message: "Due enti." } });
    expect(at()).toMatchObject({ kind: "debt", debt: { number: number(7) } });
    w.page.terminals.change();
    expect(at()).toMatchObject({ kind: "refused", error: { code: "cart_two_stations" } });
    w.page.clear();
    expect(codes()).toEqual(["code7"]);
    w.page.clear();
    expect(codes()).toEqual([]);
  });

  it("an amount that changed meanwhile is found among them, and told", async () => {
    await gather(2, { max_notices: 5 });
    w.page.primary();
    await w.last("POST payments").answer(409, { error: { code: "amount_changed", message: "Cambiato.", amount_cents: 7000 } });
    await settle();
    const again = w.calls.filter((c) => c.what === "POST notices/lookup").slice(-2);
    await again[0]!.answer(200, owed(1));
    await again[1]!.answer(200, owed(2, { amount_cents: 7000 }));
    w.later();
    expect(at()).toMatchObject({ kind: "cart", asks: { debt: { number: number(2), printed_cents: 1002, amount_cents: 7000 } } });
    w.page.primary();
    w.later();
    w.page.primary();
    expect(w.last("POST payments").body["notices"]).toMatchObject([{ expected_cents: 1001 }, { expected_cents: 7000 }]);
  });
});

describe("one after another, where it does not", () => {
  it("each has its key, and the next is never charged by itself", async () => {
    await gather(3);
    expect(at()).toMatchObject({ kind: "cart", plan: { together: false, charges: 3 } });
    for (const n of [1, 2, 3]) {
      expect(w.page.primary()).toBe(true);
      expect(asked()).toEqual([number(n)]);
      await answers();
      expect(w.count("POST payments")).toBe(n);
      expect(at()).toMatchObject({ kind: "charged", run: { done: all(n - 1).map((i) => `id-${i}`) } });
      expect(run()?.rest.map((l) => l.code)).toEqual(all(3).slice(n).map((i) => `code${i}`));
    }
    expect(w.page.primary()).toBe(false);
    w.page.clear();
    expect(at().kind).toBe("idle");
  });

  it("an Enter that was pressed too soon after a success charges nothing", async () => {
    await gather(2);
    w.page.primary();
    const { body } = w.last("POST payments");
    const p = payment({ request_id: body["request_id"] as string });
    await w.last("POST payments").answer(202, p);
    w.event({ type: "payment", payment: { ...p, state: "charged" } });
    expect(w.page.primary()).toBe(false);
    w.later();
    expect(w.page.primary()).toBe(true);
  });

  it("a scan in between is not mixed in", async () => {
    await gather(2);
    w.page.primary();
    await answers();
    w.page.take("code9");
    expect(w.page.counter().remark?.text).toContain("resta 1 avviso");
    expect(run()?.rest.map((l) => l.code)).toEqual(["code2"]);
    expect(codes()).toEqual([]);
  });

  it("a decline offers another card, and stopping shows what is charged and what is not", async () => {
    await gather(3);
    w.page.primary();
    await answers();
    w.page.primary();
    await answers({ state: "not_charged", reason: { code: "declined", text: "Negato." } });
    expect(at()).toMatchObject({ kind: "declined", run: { done: ["id-1"] } });
    w.page.primary();
    expect(w.last("POST payments").body).toMatchObject({ retry_of: "A1-2", notices: [{ number: number(2) }] });
    await answers({ state: "not_charged", reason: { code: "declined", text: "Negato." } });
    w.page.clear();
    await settle();
    expect(at()).toMatchObject({ kind: "cart", cart: { done: ["id-1"] }, block: "looking" });
    const again = w.calls.filter((c) => c.what === "POST notices/lookup").slice(-2);
    expect(again.map((c) => c.body["code"])).toEqual([`${number(2)}@01199250158`, "code3"]);
    await again[0]!.answer(200, owed(2));
    await again[1]!.answer(200, owed(3));
    w.later();
    w.page.primary(); // and on, with the same citizen
    expect(asked()).toEqual([number(2)]);
    await answers();
    expect(run()?.done).toEqual(["id-1"]);
    expect(run()?.rest).toHaveLength(1);
  });

  it("an unknown outcome stops it: nothing goes on by Enter, and F2 takes the rest to another terminal", async () => {
    await gather(3);
    w.page.primary();
    await answers({ state: "unknown" });
    expect(at()).toMatchObject({ kind: "unknown", run: { rest: [{}, {}] } });
    expect(w.page.primary()).toBe(false);
    w.page.terminals.change();
    await settle();
    expect(w.page.counter().terminal).toBe("cassa2");
    for (const [i, call] of w.calls.filter((c) => c.what === "POST notices/lookup").slice(-2).entries()) await call.answer(200, owed(i + 2));
    w.later();
    expect(at()).toMatchObject({ kind: "cart", cart: { done: ["id-1"] }, block: undefined });
    w.page.primary();
    expect(w.last("POST payments").body).toMatchObject({ terminal: "cassa2", notices: [{ number: number(2) }] });
  });

  it("stays at its terminal while another citizen is served at the other", async () => {
    await gather(2);
    w.page.primary();
    await answers();
    w.page.terminals.change();
    await scan(7);
    expect(at()).toMatchObject({ kind: "debt" });
    w.page.terminals.change();
    expect(run()?.rest.map((l) => l.code)).toEqual(["code2"]);
    w.page.clear(); // the two citizens are not mixed
    expect(w.page.counter().remark?.text).toContain("altro avviso nel carrello");
    expect(run()?.rest.map((l) => l.code)).toEqual(["code2"]);
  });

  it("goes on after a reload, and after the lock", async () => {
    await gather(3);
    w.page.primary();
    const first = await answers();
    const locking = w.page.lock();
    await w.last("POST session/lock").answer(204);
    await locking;
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.ids = 9; // ids are unique over reloads
    w.page.start();
    const login = w.page.login("rossi", "1234");
    await w.last("POST session").answer(201, { token: "tok", operator: { id: "rossi", name: "", role: "clerk" } });
    await login;
    w.connect(snapshot({ payments: [first] }));
    await settle();
    expect(at()).toMatchObject({ kind: "charged", next: { block: "looking" } });
    expect(w.page.primary()).toBe(false);
    const again = w.calls.filter((c) => c.what === "POST notices/lookup");
    expect(again.map((c) => c.body["code"])).toEqual(["code2", "code3"]);
    w.later();
    await again[0]!.answer(200, owed(2));
    await again[1]!.answer(200, owed(3));
    expect(at()).toMatchObject({ kind: "charged", next: { block: undefined } });
    expect(w.page.primary()).toBe(false); // it has only just appeared
    w.later();
    w.page.primary();
    expect(asked()).toEqual([number(2)]);
  });

  it("asks again with the same request when nobody knows what became of the one before a reload", async () => {
    await gather(2);
    w.page.primary();
    const { body } = w.last("POST payments");
    await w.last("POST payments").answer(202, payment({ request_id: body["request_id"] as string }));
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.ids = 9;
    w.page.start();
    w.connect();
    await settle();
    w.later();
    expect(at()).toMatchObject({ kind: "lost", run: { rest: [{ code: "code2" }] } });
    expect(w.page.primary()).toBe(true);
    expect(w.last("POST payments").body).toEqual(body);
  });

  it("a refusal that survives a reload is a cart again: nothing of it was charged", async () => {
    await gather(2);
    w.page.primary();
    await w.last("POST payments").answer(409, { error: { code: "terminal_unreachable", message: "Non risponde." } });
    expect(at()).toMatchObject({ kind: "refused", run: { rest: [{}] } });
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.page.start();
    w.connect();
    await settle();
    expect(codes()).toEqual([`${number(1)}@01199250158`, "code2"]);
  });

  it("another page's payment on the terminal waits its turn on the screen", async () => {
    await gather(2);
    w.page.primary();
    await answers();
    w.event({ type: "activity", activity: activity({ request_id: "theirs" }) });
    expect(at()).toMatchObject({ kind: "charged", next: { block: "busy" } });
    expect(w.page.primary()).toBe(false);
    expect(run()?.rest).toHaveLength(1);
  });
});

describe("two terminals, of which nobody chose one", () => {
  const two = (over: Partial<Terminal> = {}) => w.event({ type: "terminal", terminal: terminal(over) });

  it("a payment and its unknown outcome stay on the screen while the other terminal is the one that is ready", async () => {
    await gather(2);
    w.page.primary();
    two({ light: "busy" });
    expect(at()).toMatchObject({ kind: "working", run: { rest: [{}] } });
    await answers({ state: "unknown" });
    two({ light: "not_ready", locked: true });
    expect(at()).toMatchObject({ kind: "unknown", run: { rest: [{}] } });
    w.page.take("code9");
    expect(codes()).toEqual([]);
  });

  it("an Enter that meant the one charges nothing on the other", async () => {
    await gather(1);
    two({ light: "not_ready" });
    expect(w.page.primary()).toBe(false);
    w.later();
    expect(w.page.primary()).toBe(true);
    expect(w.last("POST payments").body).toMatchObject({ terminal: "cassa2" });
  });
});

it("a charge that meets a locked session is asked for again with the same request once it is open", async () => {
  await gather(1);
  w.page.primary();
  const { body } = w.last("POST payments");
  await w.last("POST payments").answer(401, { error: { code: "session_locked", message: "Bloccato." } });
  await settle();
  await w.online();
  expect(at()).toMatchObject({ kind: "lost" });
  expect(w.page.primary()).toBe(true);
  expect(w.last("POST payments").body).toEqual(body);
});
