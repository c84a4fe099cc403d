// While the archive's index is being made, as after each erasing, a page of it may be empty and not the last.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { payment } from "./fixtures";
import { World } from "./world";

let w: World;
beforeEach(async () => {
  vi.useFakeTimers();
  w = new World();
  const on = w.online();
  await vi.runOnlyPendingTimersAsync();
  await on;
});
afterEach(() => {
  w.page.stop();
  vi.useRealTimers();
});

const search = "POST payments/search";
const archive = () => w.page.counter().office.archive;
async function answer(ids: string[], next?: string, call = w.last(search)) {
  call.respond(new Response(JSON.stringify(ids.map((id) => payment({ id }))), { headers: next ? { "Sportello-Next": next } : {} }));
  await vi.advanceTimersByTimeAsync(0);
}

it("says that there is nothing only when everything was looked at", async () => {
  w.page.desk.archive.write({ number: "302001000000000142" });
  await vi.advanceTimersByTimeAsync(200);
  await answer([], "9000");
  expect(archive().found).toBeUndefined();
  expect(archive().busy).toBe(true);
  expect(w.last(search).body).toEqual({ notice: "302001000000000142", limit: 50, cursor: "9000" });
  await answer([], "4000");
  expect(w.last(search).body["cursor"]).toBe("4000");
  await answer(["found"], "3000");
  expect(archive()).toMatchObject({ found: { payments: [{ id: "found" }], next: "3000", query: { notice: "302001000000000142" } } });
  void w.page.desk.archive.more();
  await answer([], "2000");
  await answer(["older"]);
  expect(archive().found?.payments.map((p) => p.id)).toEqual(["found", "older"]);
  expect(w.count(search)).toBe(5);
});

it("looks no further for a question that has changed, and for an IUV only after all notices", async () => {
  w.page.desk.archive.write({ number: "0100000000000014" });
  await vi.advanceTimersByTimeAsync(200);
  await answer([], "9000");
  await answer([]);
  expect(w.last(search).body).toEqual({ iuv: "0100000000000014", limit: 50 });
  const old = w.last(search);
  w.page.desk.archive.write({ number: "" });
  await vi.advanceTimersByTimeAsync(200);
  await answer([], "9000", old);
  expect(w.count(search)).toBe(4);
  await answer(["new"]);
  expect(archive().found?.payments.map((p) => p.id)).toEqual(["new"]);
});
