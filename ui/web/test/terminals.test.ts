// What is asked of a terminal beside a payment, and asked again while it answers something else.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { terminal } from "./fixtures";
import { World } from "./world";

let w: World;
beforeEach(async () => {
  w = new World();
  await w.online({ terminals: [terminal({ light: "not_ready", locked: true, can_free: true }), terminal({ name: "cassa2", label: "Cassa 2" })] });
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  w.page.stop();
});

const free = "POST terminals/cassa1/free";
const busy = { error: { code: "terminal_busy", message: "Occupato.", hint: "Riprovare." } };
const said = () => w.page.counter().action;

async function refuse(body: unknown = busy) {
  await w.last(free).answerNow(409, body);
  await vi.advanceTimersByTimeAsync(0);
}

it("waits for a terminal that is answering, and frees it by itself", async () => {
  void w.page.terminals.free("cassa1");
  await refuse();
  expect(said()).toMatchObject({ busy: true, text: "Il terminale sta rispondendo, attendi…" });
  await w.page.terminals.free("cassa1"); // a second press changes nothing
  expect(w.count(free)).toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(w.count(free)).toBe(2);
  expect(w.last(free).body["request_id"]).not.toBe(w.calls.find((c) => c.what === free)?.body["request_id"]);
  await w.last(free).answerNow(200, { terminal: terminal(), text: "" });
  await vi.advanceTimersByTimeAsync(0);
  expect(said()).toMatchObject({ busy: false, text: "Terminale liberato. L’avviso resta bloccato." });
});

it("says what to do when it does not end", async () => {
  void w.page.terminals.free("cassa1");
  for (let i = 0; i < 9; i++) {
    await refuse();
    await vi.advanceTimersByTimeAsync(1000);
  }
  await refuse();
  expect(said()).toMatchObject({ busy: false, error: { message: "Il terminale sta ancora rispondendo.", hint: expect.stringContaining("premi di nuovo") } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(w.count(free)).toBe(10);
});

it("asks no more once another terminal is chosen, and shows every other refusal as it came", async () => {
  void w.page.terminals.free("cassa1");
  await refuse();
  w.page.terminals.choose("cassa2");
  await vi.advanceTimersByTimeAsync(5000);
  expect(w.count(free)).toBe(1);
  w.page.terminals.choose("cassa1");
  void w.page.terminals.free("cassa1");
  await refuse({ error: { code: "nothing_to_free", message: "Niente da liberare." } });
  expect(said()).toMatchObject({ busy: false, error: { message: "Niente da liberare." } });
});
