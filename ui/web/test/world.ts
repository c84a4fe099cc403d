// A page on a service that answers when the test says so.

import type { Fetch } from "../src/core/api";
import type { Socket } from "../src/core/live";
import { Page, type Outside } from "../src/core/page";
import type { Shelf } from "../src/core/session";
import type { Sound } from "../src/core/sound";
import type { ServiceEvent } from "../src/core/types.gen";
import { now, snapshot } from "./fixtures";

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: string[] = [];
  closed = false;
  send(data: string) {
    this.sent.push(data);
  }
  close() {
    this.closed = true;
  }
  push(event: ServiceEvent) {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
}

export interface Call {
  what: string;
  body: Record<string, unknown>;
  answer(status: number, body?: unknown): Promise<void>;
  /** The same without waiting for what follows: for a clock that stands. */
  answerNow(status: number, body?: unknown): Promise<void>;
  respond(response: Response): void;
  fail(): Promise<void>;
}

export class World {
  clock = now;
  calls: Call[] = [];
  sockets: FakeSocket[] = [];
  sounds: Sound[] = [];
  stored = new Map<string, string>();
  ids = 0;
  sequence = 10;
  page: Page;

  constructor(stored?: Map<string, string>, outside: Partial<Outside> = {}) {
    if (stored) this.stored = stored;
    const shelf: Shelf = {
      getItem: (k) => this.stored.get(k) ?? null,
      setItem: (k, v) => void this.stored.set(k, v),
      removeItem: (k) => void this.stored.delete(k),
    };
    const fetcher: Fetch = (url, init) =>
      new Promise((resolve, reject) => {
        this.calls.push({
          what: `${init?.method} ${url.replace("/api/v1/", "")}`,
          body: JSON.parse((init?.body as string) ?? "{}") as Record<string, unknown>,
          answer: async (status, body) => {
            resolve(new Response(body === undefined ? null : JSON.stringify(body), { status }));
            await settle();
          },
          answerNow: async (status, body) => resolve(new Response(body === undefined ? null : JSON.stringify(body), { status })),
          respond: resolve,
          fail: async () => {
            reject(new TypeError("network"));
            await settle();
          },
        });
      });
    this.page = new Page({
      shelf,
      fetcher,
      dial: () => {
        const s = new FakeSocket();
        this.sockets.push(s);
        return s;
      },
      play: (s) => this.sounds.push(s),
      now: () => this.clock,
      requestID: () => `id-${++this.ids}`,
      ...outside,
    });
  }

  /** last is the newest call to a path. */
  last(what: string): Call {
    const call = this.calls.findLast((c) => c.what === what);
    if (!call) throw new Error(`no call ${what} among ${this.calls.map((c) => c.what).join(", ")}`);
    return call;
  }

  count(what: string): number {
    return this.calls.filter((c) => c.what === what).length;
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  /** online signs in and brings the first snapshot. */
  async online(over: Parameters<typeof snapshot>[0] = {}) {
    const snap = snapshot({ sequence: this.sequence, ...over });
    const login = this.page.login("rossi", "1234");
    await this.last("POST session").answer(200, { token: "tok", operator: snap.operator });
    await login;
    this.connect(snap);
    this.later();
  }

  connect(snap = snapshot({ sequence: this.sequence })) {
    this.sequence = snap.sequence;
    this.socket.onopen?.();
    this.socket.push({ sequence: snap.sequence, type: "snapshot", snapshot: snap });
  }

  event(e: Omit<ServiceEvent, "sequence">) {
    this.socket.push({ ...e, sequence: ++this.sequence });
  }

  /** later lets the time pass in which no key counts. */
  later() {
    this.clock += 1000;
  }
}

/** patience is how long a test waits for what a busy machine fetches and draws late. */
export const patience = { timeout: 30_000 };

export const settle = () => new Promise((done) => setTimeout(done));
