// The archive: every payment that the service has kept, found by what people have in hand. It asks while the
// clerk types, once the keys pause; an answer to what is no longer on the screen is dropped. What a question
// means is decided here, what it finds by the service.

import type { Api, Page } from "./api";
import { isDay } from "./day";
import { euroCents } from "./forms";
import type { Office } from "./office";
import type { ApiError, PaymentQuery, Registration, State } from "./types.gen";

/** Filter is the question as it is written: everything that is filled in must be so. */
export interface Filter {
  from: string;
  to: string;
  /** Digits of a notice number or of an IUV: all, or the first. */
  number: string;
  /** The beginning of a tax code, or of words of a name. Personal: it leaves the page in no address. */
  debtor: string;
  amount: string;
  stan: string;
  state: State | "";
  /** Of one of its notices. */
  registration: Registration | "";
  operator: string;
  terminal: string;
}

export const noFilter: Filter = { from: "", to: "", number: "", debtor: "", amount: "", stan: "", state: "", registration: "", operator: "", terminal: "" };

/** Found is what the service answered so far, and the question that it answered. */
export interface Found extends Page {
  query: PaymentQuery;
}

export interface Archive {
  filter: Filter;
  busy?: boolean;
  found?: Found;
  error?: ApiError;
}

export const emptyArchive: Archive = { filter: noFilter };

/** questionOf reads a filter; wrong names the fields that cannot be read yet, and then nothing is asked. */
export function questionOf(f: Filter): { query: PaymentQuery; wrong: (keyof Filter)[] } {
  const query: PaymentQuery = {};
  const wrong: (keyof Filter)[] = [];
  const digits = (field: "number" | "stan", most: number) => {
    const value = f[field].replace(/[\s.-]/g, "");
    if (!/^\d*$/.test(value) || value.length > most) wrong.push(field);
    return value;
  };
  const number = digits("number", 18);
  const stan = digits("stan", 12);
  if (number) query.notice = number;
  if (stan) query.stan = stan;
  if (f.amount.trim()) {
    const amount = euroCents(f.amount);
    if (amount) query.amount_cents = amount;
    else wrong.push("amount");
  }
  if (/[\p{L}\p{N}]/u.test(f.debtor)) query.debtor = f.debtor.trim();
  for (const name of ["from", "to"] as const) {
    if (isDay(f[name])) query[name] = f[name];
    else if (f[name]) wrong.push(name);
  }
  if (query.from && query.to && query.from > query.to) wrong.push("to");
  if (f.state) query.state = f.state;
  if (f.registration) query.registration = f.registration;
  if (f.operator.trim()) query.operator = f.operator.trim();
  if (f.terminal) query.terminal = f.terminal;
  return { query, wrong };
}

/** ArchiveHost is the page, as far as the archive needs it. */
export interface ArchiveHost {
  api: Api;
  office(): Office;
  change(part: Partial<Office>): void;
  over(cause: unknown): boolean;
  fault(cause: unknown): ApiError;
}

// Long enough for the next key, too short to be felt, in milliseconds.
const pause = 200;
/** pageSize is how many payments come at a time. */
export const pageSize = 50;

export class Archivist {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn = 0;

  constructor(private readonly host: ArchiveHost) {}

  /** write changes the question, and asks it when the keys pause. */
  write(part: Partial<Filter>): void {
    const { archive } = this.host.office();
    this.put({ ...archive, filter: { ...archive.filter, ...part } });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), pause);
  }

  /** clear asks for everything again. */
  clear(): void {
    this.put({ ...this.host.office().archive, filter: noFilter });
    void this.ask();
  }

  /** stop drops whatever is still on its way. */
  stop(): void {
    clearTimeout(this.timer);
    this.turn++;
  }

  /** ask puts the question; what cannot be read is not asked, and what was found before leaves the screen. */
  async ask(): Promise<void> {
    clearTimeout(this.timer);
    const { archive } = this.host.office();
    const { query, wrong } = questionOf(archive.filter);
    const turn = ++this.turn;
    if (wrong.length > 0) return this.put({ filter: archive.filter });
    this.put({ ...archive, busy: true, error: undefined });
    await this.answer(turn, async () => {
      const page = await this.page(turn, query);
      if (page.payments.length > 0 || page.next || !query.notice || turn !== this.turn) return { ...page, query };
      // No notice begins so: perhaps it is an IUV, which is a part of the notice number.
      const { notice, ...rest } = query;
      const asIUV: PaymentQuery = { ...rest, iuv: notice };
      if (query.notice.length > 17) return { ...page, query };
      return { ...(await this.page(turn, asIUV)), query: asIUV };
    });
  }

  /** more adds the next page to what is listed. */
  async more(): Promise<void> {
    const { archive } = this.host.office();
    const { found } = archive;
    if (!found?.next || archive.busy) return;
    const turn = ++this.turn;
    this.put({ ...archive, busy: true, error: undefined });
    await this.answer(turn, async () => {
      const page = await this.page(turn, { ...found.query, cursor: found.next });
      return { query: found.query, payments: [...found.payments, ...page.payments], next: page.next, total: found.total };
    });
  }

  // page is the next page that has something, or the last: while its index is being made the service looks at so many
  // payments a page, and an empty one says nothing yet.
  private async page(turn: number, query: PaymentQuery): Promise<Page> {
    let page = await this.host.api.page({ ...query, limit: pageSize });
    while (page.payments.length === 0 && page.next && turn === this.turn) page = await this.host.api.page({ ...query, limit: pageSize, cursor: page.next });
    return page;
  }

  private async answer(turn: number, ask: () => Promise<Found>): Promise<void> {
    try {
      const found = await ask();
      if (turn === this.turn) this.put({ filter: this.host.office().archive.filter, found });
    } catch (cause) {
      if (turn !== this.turn || this.host.over(cause)) return;
      this.put({ ...this.host.office().archive, busy: false, error: this.host.fault(cause) });
    }
  }

  private put(archive: Archive): void {
    this.host.change({ archive });
  }
}
