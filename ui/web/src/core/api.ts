// The service's HTTP API as the page calls it. A call ends in one of three ways: its answer, a Refusal
// (the service said no and why), or Lost (nobody knows whether the service got it).

import type {
  ApiError,
  Case,
  DayReport,
  ErrorBody,
  LookupRequest,
  Notice,
  Operator,
  Payment,
  PaymentQuery,
  PaymentRequest,
  QueueItem,
  Receipt,
  RestoreStatus,
  SearchRequest,
  SearchResult,
  Service,
  Session,
  Snapshot,
  StoryEntry,
  TerminalReport,
} from "./types.gen";

/** Refusal carries the service's own message and hint, shown as they come. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly error: ApiError,
  ) {
    super(`${error.code} (${status})`);
  }
}

/** Lost means that no usable answer came: the request may or may not have been taken. */
export class Lost extends Error {}

/** Page is a page of the archive: what follows it, and how many there are, come in its headers. */
export interface Page {
  payments: Payment[];
  next?: string;
  total?: number;
  /** Nobody was found by debtor: the day from which payments have theirs. */
  since?: string;
}

/** Filed is a file that the service has made. */
export interface Filed {
  name: string;
  blob: Blob;
  /** Its hash as the service counted it, hex, where it says so. */
  sha256?: string;
}

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

const base = "/api/v1/";

// The service bounds its own work; past this the answer is not coming any more.
const patience = 90_000;

export class Api {
  constructor(
    private readonly token: () => string | undefined,
    private readonly fetcher: Fetch = (input, init) => fetch(input, init),
  ) {}

  login(operator: string, pin: string): Promise<Session> {
    return this.call("POST", "session", { operator, pin });
  }

  async logout(): Promise<void> {
    await this.call("DELETE", "session");
  }

  async lock(): Promise<void> {
    await this.call("POST", "session/lock", {});
  }

  state(): Promise<Snapshot> {
    return this.call("GET", "state");
  }

  lookup(request: LookupRequest): Promise<Notice> {
    return this.call("POST", "notices/lookup", request);
  }

  charge(request: PaymentRequest): Promise<Payment> {
    return this.call("POST", "payments", request);
  }

  /** restore is what a ledger from a copy waits for. */
  restore(): Promise<RestoreStatus> {
    return this.call("GET", "restore");
  }

  receipt(payment: string): Promise<Receipt> {
    return this.call("GET", `payments/${encodeURIComponent(payment)}/receipt`);
  }

  payment(id: string): Promise<Payment> {
    return this.call("GET", `payments/${encodeURIComponent(id)}`);
  }

  /** story is everything that was written about a payment, oldest first. */
  story(id: string): Promise<StoryEntry[]> {
    return this.call("GET", `payments/${encodeURIComponent(id)}/story`);
  }

  /** page asks the archive. */
  async page(query: PaymentQuery): Promise<Page> {
    const response = await this.send("POST", "payments/search", query);
    const payments = await read<Payment[]>("payments/search", response);
    const said = (name: string) => response.headers.get(`Sportello-${name}`) ?? undefined;
    const total = said("Total");
    return { payments, next: said("Next"), total: total === undefined ? undefined : Number(total), since: said("Since") };
  }

  report(day: string): Promise<DayReport> {
    return this.call("GET", day ? `reports/day?date=${day}` : "reports/day");
  }

  /** file fetches a file whole; what it is about may stand in a body. */
  async file(path: string, body?: unknown): Promise<Filed> {
    const response = await this.send(body ? "POST" : "GET", path, body);
    if (!response.ok) return read(`GET ${path}`, response);
    try {
      const name = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
      return { name: name ?? "sportello.txt", blob: await response.blob(), sha256: response.headers.get("X-Sportello-Sha256") ?? undefined };
    } catch (cause) {
      throw new Lost(`GET ${path}`, { cause });
    }
  }

  cases(all: boolean): Promise<Case[]> {
    return this.call("GET", all ? "cases?all=true" : "cases");
  }

  queue(): Promise<QueueItem[]> {
    return this.call("GET", "queue");
  }

  services(): Promise<Service[]> {
    return this.call("GET", "services");
  }

  search(request: SearchRequest): Promise<SearchResult> {
    return this.call("POST", "positions/search", request);
  }

  /** signed does one thing in another person's name and signs that person out again; the session stays as it is. */
  async signed<T>(operator: string, pin: string, work: (api: Api) => Promise<T>): Promise<T> {
    const { token } = await new Api(() => undefined, this.fetcher).login(operator, pin);
    const other = new Api(() => token, this.fetcher);
    try {
      return await work(other);
    } finally {
      void other.logout().catch(() => undefined);
    }
  }

  terminal(name: string, action: "free" | "adopt", requestID: string): Promise<TerminalReport> {
    return this.call("POST", `terminals/${encodeURIComponent(name)}/${action}`, { request_id: requestID });
  }

  /** call asks one thing; a path that begins with / is not of the API. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return read<T>(`${method} ${path}`, await this.send(method, path, body));
  }

  private async send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const token = this.token();
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      return await this.fetcher(path.startsWith("/") ? path : base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.timeout(patience),
      });
    } catch (cause) {
      throw new Lost(`${method} ${path}`, { cause });
    }
  }
}

async function read<T>(what: string, response: Response): Promise<T> {
  let text: string;
  let value: unknown;
  try {
    text = await response.text();
  } catch (cause) {
    throw new Lost(what, { cause });
  }
  try {
    value = text === "" ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new Lost(`${what}: answer is not JSON`, { cause });
  }
  if (response.ok) return value as T;
  const error = (value as Partial<ErrorBody> | undefined)?.error;
  if (typeof error?.code !== "string") throw new Lost(`${what}: ${response.status} without a reason`);
  throw new Refusal(response.status, { ...error, message: error.message || error.code });
}

/** newRequestID names one thing that the clerk asks for; a repeat of the same thing keeps its id. */
export function newRequestID(): string {
  return crypto.randomUUID();
}

/** isSupervisor says who may adopt a terminal. */
export function isSupervisor(operator: Operator | undefined): boolean {
  return operator?.role === "supervisor";
}
