import { afterEach, expect, it } from "vitest";
import { stage } from "../src/core/counter";
import type { Locks } from "../src/core/pen";
import { debt, snapshot } from "./fixtures";
import { settle, World } from "./world";

/** Browser is one lock, as the browser lends it: to one at a time, in the order of asking, or by force. */
class Browser implements Locks {
  private holder: { end(): void; stolen(): void } | undefined;
  private line: (() => void)[] = [];

  request(_: string, o: { ifAvailable?: boolean; steal?: boolean; signal?: AbortSignal }, work: (lock: unknown) => Promise<void> | undefined): Promise<unknown> {
    if (o.ifAvailable && this.holder) return Promise.resolve(work(null));
    return new Promise((done, fail) => {
      const grant = () => {
        const mine = {
          end: () => {
            if (this.holder === mine) this.next();
            done(undefined);
          },
          stolen: () => fail(new DOMException("stolen", "AbortError")),
        };
        this.holder = mine;
        Promise.resolve(work({})).then(mine.end);
      };
      if (o.steal) {
        this.holder?.stolen();
        return grant();
      }
      if (!this.holder) return grant();
      this.line.push(grant);
      o.signal?.addEventListener("abort", () => {
        this.line = this.line.filter((g) => g !== grant);
        fail(new DOMException("", "AbortError"));
      });
    });
  }

  private next() {
    this.holder = undefined;
    this.line.shift()?.();
  }
}

const worlds: World[] = [];
async function window(locks: Locks, stored?: Map<string, string>, reloaded = false): Promise<World> {
  const w = new World(stored, { locks, reloaded });
  worlds.push(w);
  if (stored) {
    w.page.start();
    w.connect();
  } else await w.online();
  await settle();
  return w;
}
afterEach(() => worlds.splice(0).forEach((w) => w.page.stop()));

const pens = () => worlds.map((w) => w.page.counter().pen);

async function inHand(w: World) {
  w.page.take("302001000000000142");
  await w.last("POST notices/lookup").answer(200, debt());
  w.later();
}

it("is with the first window; the second says so, takes no scan and charges nothing", async () => {
  const locks = new Browser();
  const a = await window(locks);
  const b = await window(locks);
  expect(pens()).toEqual(["mine", "elsewhere"]);
  b.page.take("302001000000000142");
  expect(b.count("POST notices/lookup")).toBe(0);
  expect(b.page.counter().remark?.text).toContain("F4");
  await inHand(a);
  expect(a.page.primary()).toBe(true);
});

it("is taken over by one key, with what is in hand left where it is", async () => {
  const locks = new Browser();
  const a = await window(locks);
  const b = await window(locks);
  await inHand(a);
  b.page.takePen();
  await settle();
  expect(pens()).toEqual(["elsewhere", "mine"]);
  expect(stage(a.page.counter())).toMatchObject({ kind: "debt", block: "pen" });
  expect(a.page.primary()).toBe(false);
  expect(a.page.charging.charge()).toBe(false);
  expect(a.count("POST payments")).toBe(0);
  a.page.takePen();
  await settle();
  expect(pens()).toEqual(["mine", "elsewhere"]);
  a.later();
  expect(a.page.primary()).toBe(true);
});

it.each(["logout", "lock", "close"])("goes to the window that waits when the other is left (%s)", async (how) => {
  const locks = new Browser();
  const a = await window(locks);
  const b = await window(locks);
  if (how === "logout") void a.page.logout();
  else if (how === "lock") {
    const locking = a.page.lock();
    await a.last("POST session/lock").answer(204);
    await locking;
  } else a.page.stop();
  await settle();
  expect(b.page.counter().pen).toBe("mine");
});

it("comes back to a window that was taken over once the other is closed", async () => {
  const locks = new Browser();
  const a = await window(locks);
  const b = await window(locks);
  b.page.takePen();
  await settle();
  b.page.stop();
  await settle();
  expect(a.page.counter().pen).toBe("mine");
});

it("stays with a window over its reload, though another waits", async () => {
  const locks = new Browser();
  const a = await window(locks);
  const b = await window(locks);
  a.page.stop(); // the browser lets it go with the old page
  const again = await window(locks, a.stored, true);
  expect(again.page.counter().pen).toBe("mine");
  await settle();
  expect(b.page.counter().pen).toBe("elsewhere");
});

it("is not taken by a copy of the window", async () => {
  const locks = new Browser();
  const a = await window(locks);
  const copy = await window(locks, new Map(a.stored));
  expect(copy.page.counter().pen).toBe("elsewhere");
  expect(a.page.counter().pen).toBe("mine");
});

it("is everybody's in a browser without locks: the service keeps watch", async () => {
  const w = new World();
  worlds.push(w);
  await w.online(snapshot());
  expect(w.page.counter().pen).toBe("mine");
});
