// The archive: what a filter asks, and that no answer to an older question is ever shown.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noFilter, questionOf } from "../src/core/archive";
import type { Payment } from "../src/core/types.gen";
import { payment } from "./fixtures";
import { World } from "./world";

describe("a question", () => {
  const ask = (over: object) => questionOf({ ...noFilter, ...over });

  it("is everything that is filled in", () => {
    expect(ask({})).toEqual({ query: {}, wrong: [] });
    const all = ask({ from: "2026-11-01", to: "2026-11-21", number: "3020 0100-0000 0001 42", amount: "1.234,50", stan: " 000127", state: "charged", operator: " rossi ", terminal: "cassa1" });
    expect(all.wrong).toEqual([]);
    expect(all.query).toEqual({ notice: "302001000000000142", stan: "000127", amount_cents: 123450, from: "2026-11-01", to: "2026-11-21", state: "charged", operator: "rossi", terminal: "cassa1" });
    expect(ask({ debtor: " verdi ma " })).toEqual({ query: { debtor: "verdi ma" }, wrong: [] });
    expect(ask({ registration: "held" }).query).toEqual({ registration: "held" });
    expect(ask({ debtor: " ' " })).toEqual({ query: {}, wrong: [] });
  });

  it("names what cannot be read", () => {
    expect(ask({ number: "30200A" }).wrong).toEqual(["number"]);
    expect(ask({ number: "3".repeat(19) }).wrong).toEqual(["number"]);
    expect(ask({ stan: "12x" }).wrong).toEqual(["stan"]);
    expect(ask({ amount: "molto" }).wrong).toEqual(["amount"]);
    expect(ask({ from: "2026-11-21", to: "2026-11-20" }).wrong).toEqual(["to"]);
    expect(ask({ from: "22/1", to: "2026-02-30" })).toEqual({ query: {}, wrong: ["from", "to"] });
  });
});

describe("the archive", () => {
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

  const archive = () => w.page.counter().office.archive;
  const pageOf = (list: Payment[], headers: Record<string, string> = {}) => new Response(JSON.stringify(list), { headers });
  // What is looked for is in no address.
  const asked = () => w.calls.filter((c) => c.what === "POST payments/search").map((c) => c.body);
  const answer = async (query: object, response: Response) => {
    w.calls.findLast((c) => c.what === "POST payments/search" && JSON.stringify(Object.entries(c.body).sort()) === JSON.stringify(Object.entries({ limit: 50, ...query }).sort()))?.respond(response);
    await vi.advanceTimersByTimeAsync(0);
  };

  it("asks once the keys pause, and shows nothing that answers an older question", async () => {
    w.page.desk.archive.write({ stan: "1" });
    await vi.advanceTimersByTimeAsync(100);
    w.page.desk.archive.write({ stan: "12" });
    await vi.advanceTimersByTimeAsync(200);
    expect(asked()).toEqual([{ stan: "12", limit: 50 }]);
    w.page.desk.archive.write({ stan: "127" });
    await vi.advanceTimersByTimeAsync(200);
    await answer({ stan: "127" }, pageOf([payment({ id: "new" })], { "Sportello-Total": "1" }));
    await answer({ stan: "12" }, pageOf([payment({ id: "old" })], { "Sportello-Total": "9" }));
    expect(archive().found?.payments.map((p) => p.id)).toEqual(["new"]);
    expect(archive().found?.total).toBe(1);
  });

  it("what is half written is not asked, and its results leave the screen", async () => {
    void w.page.desk.archive.ask();
    await answer({}, pageOf([payment()]));
    expect(archive().found).toBeTruthy();
    w.page.desk.archive.write({ amount: "12,5x" });
    await vi.advanceTimersByTimeAsync(200);
    expect(asked()).toEqual([{ limit: 50 }]);
    expect(archive().found).toBeUndefined();
  });

  it("digits that begin no notice may begin an IUV", async () => {
    w.page.desk.archive.write({ number: "0100000000000014" });
    await vi.advanceTimersByTimeAsync(200);
    await answer({ notice: "0100000000000014" }, pageOf([], { "Sportello-Total": "0" }));
    await answer({ iuv: "0100000000000014" }, pageOf([payment({ id: "iuv" })], { "Sportello-Total": "1" }));
    expect(archive().found?.payments[0]?.id).toBe("iuv");
    expect(archive().found?.query).toEqual({ iuv: "0100000000000014" });
  });

  it("who finds nobody hears since when there is somebody to find", async () => {
    w.page.desk.archive.write({ debtor: "nessuno" });
    await vi.advanceTimersByTimeAsync(200);
    await answer({ debtor: "nessuno" }, pageOf([], { "Sportello-Total": "0", "Sportello-Since": "2026-11-22" }));
    expect(archive().found).toMatchObject({ total: 0, since: "2026-11-22" });
  });

  it("pages go on where the one before ended, and under the same question", async () => {
    w.page.desk.archive.write({ state: "charged" });
    await vi.advanceTimersByTimeAsync(200);
    await answer({ state: "charged" }, pageOf([payment({ id: "a" })], { "Sportello-Next": "7", "Sportello-Total": "2" }));
    void w.page.desk.archive.more();
    await answer({ state: "charged", cursor: "7" }, pageOf([payment({ id: "b" })]));
    expect(archive().found?.payments.map((p) => p.id)).toEqual(["a", "b"]);
    expect([archive().found?.next, archive().found?.total]).toEqual([undefined, 2]);
    void w.page.desk.archive.more();
    expect(asked().length).toBe(2);
  });

  it("a refusal is told, and locking the counter forgets it all", async () => {
    void w.page.desk.archive.ask();
    await w.last("POST payments/search").answerNow(400, { error: { code: "bad_request", message: "No.", hint: "" } });
    await vi.advanceTimersByTimeAsync(0);
    expect(archive().error?.code).toBe("bad_request");
    w.page.desk.archive.write({ number: "302001", debtor: "verdi" });
    const lock = w.page.lock();
    await w.last("POST session/lock").answerNow(204);
    await vi.advanceTimersByTimeAsync(500);
    await lock;
    expect(archive()).toEqual({ filter: noFilter });
    expect(asked()).toEqual([{ limit: 50 }]);
  });
});
