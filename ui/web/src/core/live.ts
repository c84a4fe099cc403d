// The line to the service's events: token first, then a snapshot, then numbered events. It comes back
// by itself, and a hole in the numbers makes it start over with a new snapshot.

import type { Hello, ServiceEvent } from "./types.gen";

/** The part of WebSocket that is used, so that tests bring their own. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(data: string): void;
  close(): void;
}

export interface LiveHost {
  token(): string | undefined;
  /** Apply one event; false asks for a new snapshot. */
  onEvent(event: ServiceEvent): boolean;
  onUp(): void;
  onDown(): void;
  /** Every failed attempt: perhaps the session is over. */
  onFailed(): void;
}

const firstWait = 250;
const longestWait = 4_000;

export class Live {
  private socket: Socket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = firstWait;
  private up = false;

  constructor(
    private readonly host: LiveHost,
    private readonly dial: () => Socket = dialEvents,
  ) {}

  start(): void {
    this.stop();
    this.wait = firstWait;
    this.connect();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const old = this.socket;
    this.socket = undefined;
    this.up = false;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
  }

  /** wake tries at once instead of at the next turn: the tab is looked at again, the network is back. */
  wake(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.connect();
  }

  private connect(): void {
    const token = this.host.token();
    if (!token) return;
    const socket = this.dial();
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ token } satisfies Hello));
    socket.onmessage = (e) => this.message(e.data);
    socket.onclose = () => this.closed();
  }

  private message(data: unknown): void {
    let event: ServiceEvent;
    try {
      event = JSON.parse(String(data)) as ServiceEvent;
    } catch {
      return this.again();
    }
    if (!this.host.onEvent(event)) return this.again();
    if (event.type !== "snapshot") return;
    this.wait = firstWait;
    if (this.up) return;
    this.up = true;
    this.host.onUp();
  }

  // again starts over with a new snapshot; the page does not count as cut off meanwhile.
  private again(): void {
    const wasUp = this.up;
    this.stop();
    this.up = wasUp;
    this.later();
  }

  private closed(): void {
    this.socket = undefined;
    if (this.up) this.host.onDown();
    this.up = false;
    this.host.onFailed();
    this.later();
  }

  private later(): void {
    if (!this.host.token()) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.connect();
    }, this.wait);
    this.wait = Math.min(this.wait * 2, longestWait);
  }
}

function dialEvents(): Socket {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return new WebSocket(`${scheme}://${location.host}/api/v1/events`) as unknown as Socket;
}
