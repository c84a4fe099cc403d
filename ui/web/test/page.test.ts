import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stage } from "../src/core/counter";
import type { Payment } from "../src/core/types.gen";
import { activity, debt, payment, snapshot, terminal } from "./fixtures";
import { settle, World } from "./world";

let w: World;
const at = () => stage(w.page.counter());
const qr = "PAGOPA|002|302001000000000142|01199250158|4250";

beforeEach(() => {
  w = new World();
});
afterEach(() => w.page.stop());

async function inHand(over = {}) {
  w.page.take(qr);
  await w.last("POST notices/lookup").answer(200, debt(over));
  w.later();
}

async function asked(): Promise<Payment> {
  await inHand();
  w.page.primary();
  const p = payment({ request_id: w.last("POST payments").body["request_id"] as string });
  await w.last("POST payments").answer(202, p);
  return p;
}

describe("a payment", () => {
  it("goes from the scan to registered with one key", async () => {
    await w.online();
    expect(at().kind).toBe("idle");
    await inHand();
    expect(at().kind).toBe("debt");
    expect(w.page.primary()).toBe(true);
    expect(w.last("POST payments").body).toEqual({
      request_id: "id-1",
      terminal: "cassa1",
      notices: [{ creditor: "01199250158", number: "302001000000000142", expected_cents: 4250 }],
    });
    w.event({ type: "activity", activity: activity({ request_id: "id-1", phase: "connecting" }) });
    expect(at()).toMatchObject({ kind: "working", phase: "connecting", cents: 4250 });
    const p = payment({ request_id: "id-1" });
    await w.last("POST payments").answer(202, p);
    w.event({ type: "payment", payment: p });
    w.event({ type: "activity", activity: activity({ request_id: "id-1", phase: "card", text: "CARTA" }) });
    expect(at()).toMatchObject({ kind: "working", phase: "card" });
    w.event({ type: "payment", payment: { ...p, state: "charged", has_receipt: true } });
    w.event({ type: "activity", activity: activity({ request_id: "id-1", phase: "" }) });
    expect(at().kind).toBe("charged");
    expect(w.sounds).toEqual(["scan", "good"]);
    await w.last("GET payments/A1-00000001/receipt").answer(200, { payment_id: p.id, text: "SLIP", complete: true });
    expect(w.page.counter().slips[p.id]?.text).toBe("SLIP");
    expect(w.count("POST payments")).toBe(1);
  });

  it("charges nothing on a second Enter, nor on one that was pressed too soon", async () => {
    await w.online();
    w.page.take(qr);
    await w.last("POST notices/lookup").answer(200, debt());
    expect(w.page.primary()).toBe(false); // the debt has only just appeared
    w.later();
    w.page.primary();
    w.later();
    w.page.primary();
    w.page.charging.charge();
    expect(w.count("POST payments")).toBe(1);
  });

  it("does not keep offering a debt that another page has just taken", async () => {
    await w.online();
    await inHand();
    w.event({ type: "payment", payment: payment({ request_id: "another", notices: [] }) });
    expect(w.count("POST notices/lookup")).toBe(1); // another notice: nothing to ask
    w.event({ type: "payment", payment: payment({ request_id: "other", state: "not_charged" }) });
    expect(w.count("POST notices/lookup")).toBe(1); // it may be charged here
    w.event({ type: "payment", payment: payment({ request_id: "other" }) });
    expect(w.count("POST notices/lookup")).toBe(2);
    await w.last("POST notices/lookup").answer(200, debt({ payable: false, reason: { code: "notice_locked", text: "Già legato." } }));
    expect(at()).toMatchObject({ kind: "debt", block: "not_payable" });
    w.event({ type: "payment", payment: payment({ request_id: "other", state: "charged" }) });
    expect(w.count("POST notices/lookup")).toBe(2);
  });

  it("never charges the debt before while a new notice is looked up, or was not found", async () => {
    await w.online();
    await inHand();
    w.page.take("another");
    w.later();
    expect(w.page.primary()).toBe(false);
    await w.last("POST notices/lookup").answer(404, { error: { code: "notice_unknown", message: "Avviso sconosciuto." } });
    w.later();
    expect(at()).toMatchObject({ kind: "cart", block: "line", cart: { lines: [{}, { error: { message: "Avviso sconosciuto." } }] } });
    expect(w.page.primary()).toBe(false);
    expect(w.count("POST payments")).toBe(0);
    w.page.basket.remove(); // the one in the way is the one that is marked
    expect(at()).toMatchObject({ kind: "debt", debt: { number: "302001000000000142" }, block: undefined });
  });

  it("keeps the order of the scans, whichever answer comes last", async () => {
    await w.online();
    w.page.take("first");
    const first = w.last("POST notices/lookup");
    w.page.take("second");
    await w.last("POST notices/lookup").answer(200, debt({ number: "302001000000000299" }));
    expect(at()).toMatchObject({ kind: "cart", block: "looking" });
    await first.answer(200, debt());
    expect(at()).toMatchObject({ kind: "cart", cart: { lines: [{ code: "first" }, { code: "second" }] }, block: undefined });
  });

  it("asks the citizen when the print says another amount", async () => {
    await w.online();
    await inHand({ printed_cents: 4000 });
    expect(at()).toMatchObject({ kind: "debt", differs: true });
    w.page.charging.charge();
    w.page.primary();
    expect(w.count("POST payments")).toBe(0);
    expect(at()).toMatchObject({ kind: "debt", differs: false });
    w.later();
    w.page.primary();
    expect(w.last("POST payments").body).toMatchObject({ notices: [{ expected_cents: 4250 }] });
  });

  it("asks again, with a new request, when the amount changed between look and charge", async () => {
    await w.online();
    await inHand();
    w.page.primary();
    await w.last("POST payments").answer(409, { error: { code: "amount_changed", message: "Cambiato.", amount_cents: 4800 } });
    expect(at()).toMatchObject({ kind: "debt", differs: true, debt: { amount_cents: 4800, printed_cents: 4250 } });
    w.later();
    w.page.primary();
    w.later();
    w.page.primary();
    expect(w.last("POST payments").body).toMatchObject({ request_id: "id-2", notices: [{ expected_cents: 4800 }] });
  });

  it("keeps a scan out while the terminal works", async () => {
    await w.online();
    await asked();
    w.page.take("302001000000000299");
    expect(w.count("POST notices/lookup")).toBe(1);
    expect(w.page.counter().remark?.text).toContain("Lettura ignorata");
    w.page.clear();
    expect(at().kind).toBe("working");
  });

  it("tries another card as a new payment that names the declined one", async () => {
    await w.online();
    const p = await asked();
    w.event({ type: "payment", payment: { ...p, state: "not_charged", reason: { code: "declined", text: "Rifiutata." } } });
    expect(at()).toMatchObject({ kind: "declined", retry: true });
    w.later();
    w.page.primary();
    expect(w.last("POST payments").body).toEqual({
      request_id: "id-2",
      terminal: "cassa1",
      retry_of: "A1-00000001",
      notices: [{ creditor: "01199250158", number: "302001000000000142", expected_cents: 4250 }],
    });
  });

  it("does nothing on Enter while the outcome is unknown", async () => {
    await w.online();
    const p = await asked();
    w.event({ type: "payment", payment: { ...p, state: "unknown" } });
    w.later();
    expect(at().kind).toBe("unknown");
    expect(w.page.primary()).toBe(false);
    expect(w.count("POST payments")).toBe(1);
    expect(w.sounds.at(-1)).toBe("attention");
  });

  it("shows a refusal with the service's words and retries with a new id", async () => {
    await w.online();
    await inHand();
    w.page.primary();
    const error = { code: "terminal_unreachable", message: "Non risponde.", hint: "Accendilo." };
    await w.last("POST payments").answer(409, { error });
    expect(at()).toMatchObject({ kind: "refused", error });
    w.later();
    w.page.primary();
    expect(w.last("POST payments").body["request_id"]).toBe("id-2");
  });

  it("does not offer to retry what retrying cannot mend", async () => {
    await w.online();
    await inHand();
    w.page.primary();
    await w.last("POST payments").answer(409, { error: { code: "notice_locked", message: "Impegnato.", payment_id: "A1-7" } });
    w.later();
    expect(w.page.primary()).toBe(false);
    expect(w.count("POST payments")).toBe(1);
  });
});

describe("a lost answer", () => {
  it.each(["network", "internal"])("is repeated with the same id and body (%s)", async (how) => {
    await w.online();
    await inHand();
    w.page.primary();
    const first = w.last("POST payments");
    if (how === "network") await first.fail();
    else await first.answer(500, { error: { code: "internal", message: "Errore." } });
    expect(at().kind).toBe("lost");
    w.later();
    w.page.primary();
    expect(w.last("POST payments").body).toEqual(first.body);
    expect(w.count("POST payments")).toBe(2);
  });

  it("is found in the events instead, when the service had it", async () => {
    await w.online();
    await inHand();
    w.page.primary();
    await w.last("POST payments").fail();
    w.event({ type: "payment", payment: payment({ request_id: "id-1", state: "charged" }) });
    expect(at().kind).toBe("charged");
    w.later();
    expect(w.page.primary()).toBe(false);
  });

  it("keeps its id over a reload", async () => {
    await w.online();
    await inHand();
    w.page.primary();
    const body = w.last("POST payments").body;
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.page.start();
    w.connect();
    w.later();
    expect(at().kind).toBe("lost");
    w.page.primary();
    expect(w.last("POST payments").body).toEqual(body);
    expect(JSON.parse(w.socket.sent[0]!)).toEqual({ token: "tok" });
  });

  it("after a reload shows the payment that goes on", async () => {
    await w.online();
    await asked();
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.page.start();
    w.connect(snapshot({ payments: [payment({ request_id: "id-1" })], activities: [activity({ request_id: "id-1", phase: "pin" })] }));
    expect(at()).toMatchObject({ kind: "working", phase: "pin" });
  });

  it("looks the notice in hand up again after a reload", async () => {
    await w.online();
    await inHand();
    const reloaded = new World(w.stored);
    w.page.stop();
    w = reloaded;
    w.page.start();
    w.connect();
    await settle();
    expect(w.last("POST notices/lookup").body).toEqual({ code: qr });
  });
});

describe("the connection", () => {
  it("lost, blocks charging until a new snapshot is there", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const login = w.page.login("rossi", "1234");
      const step = w.last("POST session").answer(200, { token: "tok", operator: { id: "rossi", name: "", role: "clerk" } });
      await vi.advanceTimersByTimeAsync(1);
      await step;
      await login;
      w.connect();
      w.socket.onclose?.();
      expect(w.page.counter().link).toBe("lost");
      w.page.take(qr);
      expect(w.count("POST notices/lookup")).toBe(0);
      await vi.advanceTimersByTimeAsync(300);
      expect(w.sockets).toHaveLength(2);
      w.connect(snapshot({ sequence: 40 }));
      expect(w.page.counter().link).toBe("online");
    } finally {
      vi.useRealTimers();
    }
  });

  it("waits longer after each failure, and not at all when the tab is looked at again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const login = w.page.login("rossi", "1234");
      const step = w.last("POST session").answer(200, { token: "tok", operator: { id: "rossi", name: "", role: "clerk" } });
      await vi.advanceTimersByTimeAsync(1);
      await step;
      await login;
      for (const wait of [250, 500, 1000, 2000, 4000, 4000]) {
        const before = w.sockets.length;
        w.socket.onclose?.();
        await vi.advanceTimersByTimeAsync(wait - 1);
        expect(w.sockets.length).toBe(before);
        await vi.advanceTimersByTimeAsync(1);
        expect(w.sockets.length).toBe(before + 1);
      }
      w.socket.onclose?.();
      const before = w.sockets.length;
      w.page.wake();
      expect(w.sockets.length).toBe(before + 1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("asks for a new snapshot on a gap, without blocking the counter", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const login = w.page.login("rossi", "1234");
      const step = w.last("POST session").answer(200, { token: "tok", operator: { id: "rossi", name: "", role: "clerk" } });
      await vi.advanceTimersByTimeAsync(1);
      await step;
      await login;
      w.connect();
      const old = w.socket;
      w.sequence += 2;
      w.event({ type: "payment", payment: payment() });
      expect(old.closed).toBe(true);
      expect(w.page.counter().link).toBe("online");
      await vi.advanceTimersByTimeAsync(300);
      w.connect(snapshot({ sequence: 50, payments: [payment()] }));
      expect(w.page.counter().mirror?.sequence).toBe(50);
      expect(w.page.counter().mirror?.payments).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("ends the session when the service no longer knows the token", async () => {
    await w.online();
    w.socket.onclose?.();
    await w.last("GET state").answer(401, { error: { code: "unauthorized", message: "No." } });
    expect(w.page.counter().operator).toBeUndefined();
    expect(w.page.counter().loginError?.message).toContain("sessione è finita");
    expect(w.stored.size).toBe(0);
  });
});

describe("terminals", () => {
  const two = [terminal(), terminal({ name: "cassa2", label: "Cassa 2" })];

  it("F2 takes the notice in hand to the next terminal", async () => {
    await w.online({ terminals: two });
    await inHand();
    w.page.terminals.change();
    w.later();
    w.page.primary();
    expect(w.last("POST payments").body["terminal"]).toBe("cassa2");
  });

  it("one works while the other serves the next citizen", async () => {
    await w.online({ terminals: two });
    await asked();
    w.page.terminals.change();
    expect(at().kind).toBe("idle");
    await inHand({ number: "302001000000000299" });
    expect(at()).toMatchObject({ kind: "debt", block: undefined });
    w.page.terminals.change();
    expect(at().kind).toBe("working");
  });

  it.each([
    ["locked", terminal({ locked: true }), "locked"],
    ["to be adopted", terminal({ needs_adopt: true }), "adopt"],
    ["busy", terminal({ light: "busy" }), "busy"],
  ])("%s charges nothing", async (_, t, block) => {
    await w.online({ terminals: [t] });
    await inHand();
    expect(at()).toMatchObject({ kind: "debt", block });
    w.page.primary();
    w.page.charging.charge();
    expect(w.count("POST payments")).toBe(0);
  });

  it("free and adopt carry a request id", async () => {
    await w.online({ terminals: [terminal({ locked: true, can_free: true })] });
    const freed = w.page.terminals.free("cassa1");
    await w.last("POST terminals/cassa1/free").answer(200, { terminal: terminal(), text: "" });
    await freed;
    expect(w.last("POST terminals/cassa1/free").body).toEqual({ request_id: "id-1" });
    const adopted = w.page.terminals.adopt("cassa1");
    await w.last("POST terminals/cassa1/adopt").answer(403, { error: { code: "forbidden_role", message: "Solo un responsabile." } });
    await adopted;
    expect(w.page.counter().action?.error?.message).toBe("Solo un responsabile.");
  });

  it("another page's payment is shown here too, with its outcome", async () => {
    await w.online();
    w.event({ type: "activity", activity: activity({ request_id: "theirs", phase: "card" }) });
    expect(at()).toMatchObject({ kind: "working", phase: "card" });
    w.event({ type: "payment", payment: payment({ request_id: "theirs", state: "charged" }) });
    w.event({ type: "activity", activity: activity({ request_id: "theirs", phase: "" }) });
    expect(at().kind).toBe("charged");
  });

  it("another page's payment does not take the notice in hand away", async () => {
    await w.online();
    await inHand();
    w.event({ type: "activity", activity: activity({ request_id: "theirs", phase: "card" }) });
    expect(at().kind).toBe("working");
    w.event({ type: "activity", activity: activity({ request_id: "theirs", phase: "" }) });
    expect(at()).toMatchObject({ kind: "debt", debt: { number: "302001000000000142" } });
  });
});
