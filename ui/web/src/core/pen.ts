// The pen: of all windows of this browser one charges, the others look on. It is one of the browser's own locks
// (Web Locks), so nothing is stored, and a window that is closed or crashes has let it go. It only spares people
// confusion: what keeps money from being taken twice is the service (design 3.6), for other PCs, too.

/** The part of LockManager that is used, so that tests bring their own. */
export interface Locks {
  request(name: string, options: { ifAvailable?: boolean; steal?: boolean; signal?: AbortSignal }, work: (lock: unknown) => Promise<void> | undefined): Promise<unknown>;
}

const name = "sportello.pen";

export class Pen {
  private turn = 0;
  private letGo: (() => void) | undefined;

  constructor(
    private readonly tell: (mine: boolean) => void,
    private readonly locks?: Locks,
  ) {}

  /** want asks for the pen: it comes at once if no other window has it, else when that one is done. take takes it over. */
  want(take = false): void {
    this.drop();
    if (!this.locks) return this.tell(true); // a browser without locks: the service alone keeps watch
    const turn = this.turn;
    const stop = new AbortController();
    this.letGo = () => stop.abort();
    this.ask(turn, take ? { steal: true } : { ifAvailable: true }, stop.signal);
  }

  /** drop lets the pen go, or no longer asks for it. */
  drop(): void {
    this.turn++;
    this.letGo?.();
    this.letGo = undefined;
  }

  private ask(turn: number, how: { ifAvailable?: boolean; steal?: boolean }, signal: AbortSignal): void {
    const queued = !how.ifAvailable && !how.steal;
    const work = (lock: unknown): Promise<void> | undefined => {
      if (turn !== this.turn) return undefined;
      this.tell(lock !== null);
      if (lock === null) return undefined;
      return new Promise((done) => {
        this.letGo = done;
      });
    };
    // It ends when the lock was not to be had, was let go, or was taken over: then this window stands in line.
    const over = () => {
      if (turn !== this.turn) return;
      if (!queued || this.letGo) this.tell(false);
      this.ask(turn, {}, signal);
    };
    this.locks?.request(name, queued ? { signal } : how, work).then(over, over);
  }
}
