// Who is at the counter: signing in and out, and the lock.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stage } from "../src/core/counter";
import type { Payment } from "../src/core/types.gen";
import { debt, payment, snapshot } from "./fixtures";
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

describe("the session", () => {
  it("shows the service's refusal", async () => {
    const login = w.page.login("rossi", "0");
    await w.last("POST session").answer(429, { error: { code: "throttled", message: "Troppi tentativi.", hint: "Aspetta un minuto." } });
    await login;
    expect(w.page.counter().loginError).toMatchObject({ message: "Troppi tentativi.", hint: "Aspetta un minuto." });
  });

  it("says so when the service does not answer", async () => {
    const login = w.page.login("rossi", "0");
    await w.last("POST session").fail();
    await login;
    expect(w.page.counter().loginError?.message).toContain("non risponde");
  });

  it("locked shows nobody anything, and the PIN brings the same session back, also over a reload", async () => {
    await w.online();
    await asked();
    const locking = w.page.lock();
    await w.last("POST session/lock").answer(204);
    await locking;
    expect(w.page.counter().lockedFor).toBe("rossi");
    expect(w.page.counter().operator).toBeUndefined();
    expect(w.page.counter().mirror).toBeUndefined();
    expect(w.socket.closed).toBe(true);
    w = new World(w.stored);
    w.page.start();
    expect(w.page.counter().lockedFor).toBe("rossi");
    const login = w.page.login("rossi", "1234");
    await w.last("POST session").answer(201, { token: "tok", operator: { id: "rossi", name: "", role: "clerk" } });
    await login;
    w.connect(snapshot({ payments: [payment({ request_id: "id-1", state: "charged" })] }));
    expect(at().kind).toBe("charged");
  });

  it("locked while the service does not answer forgets the token", async () => {
    await w.online();
    const locking = w.page.lock();
    await w.last("POST session/lock").fail();
    await locking;
    expect(w.page.counter().lockedFor).toBe("rossi");
    expect([...w.stored.values()].join()).not.toContain("tok");
  });

  it("locked from another tab shows the lock here too", async () => {
    await w.online();
    w.socket.onclose?.();
    await w.last("GET state").answer(401, { error: { code: "session_locked", message: "Bloccata." } });
    expect(w.page.counter().lockedFor).toBe("rossi");
  });

  it("signed out is gone from this tab even if the service did not answer", async () => {
    await w.online();
    const out = w.page.logout();
    await w.last("DELETE session").fail();
    await out;
    expect(w.stored.size).toBe(0);
    expect(w.socket.closed).toBe(true);
    await settle();
    expect(w.sockets).toHaveLength(1);
  });
});
