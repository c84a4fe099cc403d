// The PC's clock is set while the page is open; and the terminal that is freed by itself is the one that was meant.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { stage } from "../src/core/counter";
import { debt, terminal } from "./fixtures";
import { World } from "./world";

let w: World;
beforeEach(() => {
  w = new World();
});
afterEach(() => {
  vi.useRealTimers();
  w.page.stop();
});

it("goes on charging when the clock was set back an hour", async () => {
  await w.online();
  w.clock -= 3_600_000;
  w.page.take("PAGOPA|002|302001000000000142|01199250158|4250");
  await w.last("POST notices/lookup").answer(200, debt());
  expect(stage(w.page.counter()).kind).toBe("debt");
  expect(w.page.primary()).toBe(false); // too soon, as ever
  w.later();
  expect(w.page.primary()).toBe(true);
});

it("and when it is set back while something is offered", async () => {
  await w.online();
  w.page.take("PAGOPA|002|302001000000000142|01199250158|4250");
  await w.last("POST notices/lookup").answer(200, debt());
  w.clock -= 3_600_000;
  w.later();
  expect(w.page.primary()).toBe(true);
});

it("frees no terminal by itself that another payment holds meanwhile", async () => {
  const held = (payment_id: string) => terminal({ light: "not_ready", locked: true, can_free: true, payment_id });
  await w.online({ terminals: [held("A1-00000001")] });
  vi.useFakeTimers();
  void w.page.terminals.free("cassa1");
  await w.last("POST terminals/cassa1/free").answerNow(409, { error: { code: "terminal_busy", message: "Occupato." } });
  await vi.advanceTimersByTimeAsync(0);
  w.event({ type: "terminal", terminal: held("A1-00000002") });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(w.count("POST terminals/cassa1/free")).toBe(1);
  expect(w.page.counter().action?.busy ?? false).toBe(false);
});
