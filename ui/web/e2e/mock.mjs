// A stand-in for the service, for the states of the page that are hard to reach with real ends: it does
// what it is told, one step at a time. `node e2e/mock.mjs` runs it alone, paying by itself.

import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

export const creditor = { tax_code: "01199250158", name: "Comune di Esempio" };
const accounts = { rossi: { id: "rossi", name: "Maria Rossi", role: "clerk" }, bianchi: { id: "bianchi", name: "Anna Bianchi", role: "supervisor" } };

export const slip = [
  "     COMUNE DI ESEMPIO",
  "     SPORTELLO TRIBUTI",
  "",
  "    ACQUISTO CONTACTLESS",
  "PAGOBANCOMAT",
  "TML 12345678",
  "DATA 21/11/26  ORA 10:32",
  "STAN 000127  AUT. 004711",
  "PAN ************1234",
  "",
  "IMPORTO  EUR       42,50",
  "",
  "RIF A1K7M2Q9XR",
  "",
  "  TRANSAZIONE ESEGUITA",
].join("\n");

/** A debt as lookup answers it. */
export function debt(over = {}) {
  return {
    creditor: creditor.tax_code,
    creditor_name: creditor.name,
    number: "302001000000000142",
    description: "TARI 2026, acconto",
    debtor: "Bruno Verdi",
    due_date: "2026-12-16",
    amount_cents: 4250,
    payable: true,
    ...over,
  };
}

export class Mock {
  sequence = 1;
  demo = false;
  language = "it";
  operator = accounts.rossi;
  terminals = [{ name: "cassa1", label: "Cassa 1", light: "ready" }];
  platform = { light: "ready" };
  activities = [];
  payments = [];
  /** What lookup answers: a debt, or {status, error}. */
  answer = debt();
  /** What POST payments answers: undefined for 202, "drop" to cut the line, or {status, error}. */
  chargeAnswer;
  auto = false;
  requests = [];
  /** How many of them a test has waited for. */
  counted = 0;
  /** What GET cases, queue and services answer, and the evidence of GET payments/ID. */
  cases = [];
  queue = [];
  services = [];
  evidence = {};
  /** By call: files and reports. The payments of other days, for the archive. */
  papers = {};
  past = [];
  /** How the terminal was closed last. */
  closing;
  /** What the archive was asked, in order. */
  searched = [];
  /** By call: what a decision is answered with, or a function of its body; {status, error} refuses, "drop" cuts the line. */
  answers = {};
  /** What a ledger from a copy waits for: this one is none. */
  restore = { open: true, terminals: [] };
  /** The decisions that came, by whom. */
  decisions = [];
  /** What the snapshot says beside the rest: queue, offline, offline_allowed. */
  more = {};
  /** The demonstration's terminal, and the keys pressed on it. */
  simulated = { busy: false, screen: "", waits: "", manual_keys: true, pos_total_cents: 13045 };
  pressed = [];
  sockets = new Set();
  tokens = new Map();

  async start(port = 0) {
    this.server = createServer((req, res) => this.handle(req, res).catch((e) => res.destroy(e)));
    this.server.on("upgrade", (req, socket) => this.upgrade(req, socket));
    // Below the ports that outgoing lines get, so that it can come back to the same one.
    for (let tries = 1; ; tries++) {
      const failed = await new Promise((done) => {
        this.server.once("error", done);
        this.server.listen(port || 12_000 + Math.floor(Math.random() * 20_000), "127.0.0.1", () => done(undefined));
      });
      this.server.removeAllListeners("error");
      if (!failed) break;
      if (tries === 50) throw failed;
      await new Promise((done) => setTimeout(done, 100));
    }
    this.port = this.server.address().port;
    return `http://127.0.0.1:${this.port}`;
  }

  async stop() {
    this.cut();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** cut drops every event line, as a stopping service does. */
  cut() {
    for (const s of this.sockets) s.destroy();
    this.sockets.clear();
  }

  snapshot() {
    return {
      sequence: this.sequence,
      now: new Date().toISOString(),
      version: "0.0.0-mock",
      demo: this.demo,
      language: this.language,
      creditors: [creditor],
      operator: this.operator,
      operators: Object.values(accounts),
      terminals: this.terminals,
      platform: this.platform,
      activities: this.activities,
      payments: this.payments,
      ...this.more,
    };
  }

  emit(type, value) {
    this.sequence++;
    for (const s of this.sockets) if (s.ready) send(s, { sequence: this.sequence, type, [type]: value });
  }

  terminal(over) {
    this.terminals = this.terminals.map((t) => (t.name === (over.name ?? "cassa1") ? { ...t, ...over } : t));
    this.emit("terminal", this.terminals.find((t) => t.name === (over.name ?? "cassa1")));
  }

  phase(phase, text = "", over = {}) {
    const last = this.requests.at(-1);
    const a = { request_id: last?.request_id, terminal: last?.terminal ?? "cassa1", phase, text, since: new Date().toISOString(), payment_id: this.payments[0]?.id, ...over };
    this.activities = phase === "" ? [] : [a];
    this.emit("activity", a);
  }

  payment(over) {
    const id = over.id ?? this.payments[0]?.id;
    const old = this.payments.find((p) => p.id === id);
    const next = { ...old, ...over, updated_at: new Date().toISOString() };
    this.payments = old ? this.payments.map((p) => (p.id === id ? next : p)) : [next, ...this.payments];
    this.emit("payment", next);
    return next;
  }

  newPayment(request, over = {}) {
    const now = new Date().toISOString();
    const cents = request.notices.reduce((s, n) => s + n.expected_cents, 0);
    return {
      id: `A1-${String(this.payments.length + 1).padStart(8, "0")}`,
      request_id: request.request_id,
      retry_of: request.retry_of,
      reference: "A1K7M2Q9XR",
      installation: "A1",
      state: "sent",
      settlement: "terminal",
      amount_cents: cents,
      terminal: request.terminal,
      operator: this.operator.id,
      created_at: now,
      updated_at: now,
      notices: request.notices.map((n) => ({ creditor: n.creditor, number: n.number, amount_cents: n.expected_cents, description: "TARI 2026, acconto", registration: "none" })),
      resolved_by: [],
      ...over,
    };
  }

  charged(over = {}) {
    const p = this.payments[0];
    return this.payment({
      state: "charged",
      receipt_number: `2026/${this.payments.length}`,
      accounting_day: "2026-11-21",
      charge: { stan: "000127", online_id: "000000000001", auth_code: "004711", pan: "************1234", card: "PAGOBANCOMAT", entry: "contactless", action_code: "000", amount_cents: p.amount_cents, host_time: new Date().toISOString() },
      reason: { code: "approved", text: "Pagamento autorizzato." },
      notices: p.notices.map((n) => ({ ...n, registration: "awaiting_receipt" })),
      has_receipt: true,
      ...over,
    });
  }

  registered() {
    const p = this.payments[0];
    return this.payment({ notices: p.notices.map((n) => ({ ...n, registration: "registered", receipt_id: "c110729d258c4ab1b765fe902aae41d6" })) });
  }

  async handle(req, res) {
    const url = new URL(req.url, "http://localhost");
    const front = url.pathname.startsWith("/demo/terminal/") && this.demo;
    if (!front && !url.pathname.startsWith("/api/v1/")) return this.file(url.pathname, res);
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const call = `${req.method} ${url.pathname.slice("/api/v1/".length)}`;
    if (call === "POST session") {
      const account = accounts[body.operator];
      if (!account || body.pin !== "1234") return refuse(res, 401, "bad_credentials", "Operatore o PIN errati.", "Controlla e riprova.");
      const token = randomUUID();
      this.tokens.set(token, account);
      return reply(res, 200, { token, operator: account });
    }
    if (!this.tokens.has((req.headers.authorization ?? "").replace("Bearer ", ""))) {
      return refuse(res, 401, "unauthorized", "Serve un accesso.", "Accedi di nuovo.");
    }
    if (front) {
      if (body.key) this.pressed.push(body);
      return reply(res, 200, this.simulated);
    }
    if (call === "GET state") return reply(res, 200, this.snapshot());
    if (call.endsWith("session") || call.endsWith("session/lock")) return reply(res, 204);
    if (call === "POST notices/lookup") {
      this.looked = body.code;
      const a = typeof this.answer === "function" ? this.answer(body) : this.answer;
      return a.error ? reply(res, a.status, { error: a.error }) : reply(res, 200, a);
    }
    if (call === "POST payments") return this.charge(body, res);
    if (/^GET payments\/.*\/receipt$/.test(call)) return reply(res, 200, { payment_id: call.split("/")[1], text: slip, complete: true });
    if (/^GET payments\/.*\/story$/.test(call)) return reply(res, 200, this.storyOf(call.split("/")[1]));
    if (call === "POST payments/search") return this.archive(body, url.searchParams.get("format"), res);
    if (/^GET (payments\/.*\/attestation|bundle|reports\/day)$/.test(call)) {
      const a = typeof this.papers[call] === "function" ? this.papers[call](url.searchParams) : this.papers[call];
      if (!a) return refuse(res, 501, "not_served", "Non ancora disponibile.", "");
      if (a.error) return reply(res, a.status, { error: a.error });
      if (!a.file) return reply(res, 200, a);
      res.writeHead(200, { "Content-Type": a.type, "Content-Disposition": `attachment; filename="${a.name}"`, ...a.headers });
      return res.end(a.file);
    }
    if (/^GET payments\/[^/]+$/.test(call)) {
      const p = [...this.payments, ...this.past].find((x) => x.id === call.slice("GET payments/".length));
      return p ? reply(res, 200, { ...p, evidence: this.evidence[p.id] }) : refuse(res, 404, "not_found", "Non c’è.", "");
    }
    if (call === "GET cases") return reply(res, 200, url.searchParams.get("all") === "true" ? this.cases : this.cases.filter((x) => !x.ended));
    if (call === "GET queue") return reply(res, 200, this.queue);
    if (call === "GET services") return reply(res, 200, this.services);
    if (call === "GET restore") return reply(res, 200, this.restore);
    if (/^POST terminals\/[^/]+\/closing$/.test(call)) return reply(res, 200, { terminal: this.terminals[0], text: "", closing: this.closing });
    if (call in this.answers || /^POST (payments|cases)\/|^POST (offline|positions)|\/(totals|close|status|print)$/.test(call)) {
      this.decisions.push({ call, by: this.tokens.get((req.headers.authorization ?? "").replace("Bearer ", "")).id, ...body });
      const a = this.answers[call];
      const answer = typeof a === "function" ? a(body) : a;
      if (answer === "drop") return res.destroy();
      if (answer) return answer.error ? reply(res, answer.status, { error: answer.error }) : reply(res, 200, answer);
    }
    const action = /^POST terminals\/([^/]+)\/(free|adopt)$/.exec(call);
    if (action) {
      this.acted = { name: action[1], action: action[2], ...body };
      this.terminal({ name: action[1], light: "ready", reason: undefined, locked: false, can_free: false, needs_adopt: false, payment_id: undefined });
      return reply(res, 200, { terminal: this.terminals.find((t) => t.name === action[1]), text: "" });
    }
    refuse(res, 501, "not_served", "Non ancora disponibile.", "");
  }

  /** storyOf tells a payment's steps as the service would have written them. */
  storyOf(id) {
    const p = [...this.payments, ...this.past].find((x) => x.id === id);
    if (!p) return [];
    const steps = [{ kind: "sent", text: "inviato al terminale", by: [p.operator], state: "sent", amount_cents: p.amount_cents, at: p.created_at }];
    if (this.evidence[id]) steps.push({ kind: "outcome", text: "esito", by: [], state: "unknown", reason: { code: "line_lost", text: "Il collegamento con il terminale è caduto dopo l’invio." }, evidence: this.evidence[id], at: p.created_at });
    const charged = ["charged", "reversing", "reversed"].includes(p.state);
    if (charged || p.state === "not_charged") {
      const { stan, auth_code } = p.charge ?? {};
      steps.push({ kind: "outcome", text: "esito", by: p.resolved_by, state: charged ? "charged" : p.state, reason: p.reason, stan, auth_code, receipt_number: p.receipt_number, at: p.charge?.host_time ?? p.updated_at });
    }
    if (charged) steps.push({ kind: "aftermath", text: "conferma al terminale e scontrino", by: [], acked: true, slip: true, at: p.charge?.host_time ?? p.updated_at });
    for (const [i, n] of p.notices.entries()) {
      if (n.registration !== "none") steps.push({ kind: "registration", text: "registrazione dell'avviso", by: [], notice: i + 1, registration: n.registration, receipt_id: n.receipt_id, at: p.updated_at });
    }
    if (p.proposal) steps.push({ kind: "resolution_proposed", text: "risposta proposta", by: [p.proposal.by], answer: p.proposal.answer, stan: p.proposal.stan, note: p.proposal.note, at: p.proposal.at });
    if (p.reversal) steps.push({ kind: "reversal_sent", text: "storno chiesto al terminale", by: [p.reversal.operator], state: "reversing", at: p.reversal.sent_at });
    if (p.reversal?.ended_at) steps.push({ kind: "outcome", text: "esito", by: [], state: p.state, at: p.reversal.ended_at });
    return steps.map((e, i) => ({ seq: 100 + i, ...e }));
  }

  /** archive answers as the service does: newest first, a page at a time. */
  archive({ limit, cursor = 0, ...query }, format, res) {
    this.searched.push(query);
    const has = (p, name, value) => {
      if (name === "notice") return p.notices.some((n) => n.number.startsWith(value));
      if (name === "iuv") return p.notices.some((n) => n.number.slice(1).startsWith(value));
      if (name === "stan") return Number(p.charge?.stan) === Number(value);
      if (name === "debtor") return p.notices.some((n) => `${n.debtor_tax_code} ${n.debtor}`.toLowerCase().split(/[^a-z0-9]/).some((word) => word.startsWith(value.toLowerCase())));
      if (name === "amount_cents") return p.amount_cents === Number(value);
      if (name === "from") return p.created_at.slice(0, 10) >= value;
      if (name === "to") return p.created_at.slice(0, 10) <= value;
      if (name === "registration") return p.notices.some((n) => n.registration === value);
      return !["state", "operator", "terminal"].includes(name) || p[name] === value;
    };
    const all = [...this.payments, ...this.past].filter((p) => Object.entries(query).every(([name, value]) => has(p, name, value)));
    if (format === "csv") {
      res.writeHead(200, { "Content-Type": "text/csv; charset=utf-8; header=present", "Content-Disposition": "attachment; filename=pagamenti.csv" });
      return res.end(["id;importo", ...all.map((p) => `${p.id};${p.amount_cents}`)].join("\r\n"));
    }
    const at = Number(cursor);
    const headers = { "Content-Type": "application/json" };
    if (at + limit < all.length) headers["Sportello-Next"] = String(at + limit);
    if (!at) headers["Sportello-Total"] = String(all.length);
    if (query.debtor && all.length === 0) headers["Sportello-Since"] = "2026-11-22";
    res.writeHead(200, headers);
    res.end(JSON.stringify(all.slice(at, at + limit)));
  }

  /** asked waits for the next payment's request, if it has not come; each counts once. */
  async asked() {
    const late = AbortSignal.timeout(Number(process.env.TIMEOUT ?? 10_000));
    while (this.requests.length <= this.counted) {
      await new Promise((done, fail) => {
        this.onRequest = done;
        late.onabort = () => fail(new Error("the payment's request has not come"));
      });
    }
    this.counted++;
  }

  charge(body, res) {
    this.requests.push(body);
    this.onRequest?.();
    if (this.chargeAnswer === "drop") return res.destroy();
    if (this.chargeAnswer?.error) return reply(res, this.chargeAnswer.status, { error: this.chargeAnswer.error });
    const had = this.payments.find((p) => p.request_id === body.request_id);
    if (had) return reply(res, 202, had);
    const p = this.payment(this.newPayment(body));
    reply(res, 202, p);
    if (this.auto) void this.play();
  }

  async play() {
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    for (const [phase, text] of [["connecting", ""], ["checking", ""], ["card", "AVVICINARE CARTA"], ["pin", "DIGITARE PIN"], ["bank", "ATTENDERE PREGO"], ["receipt", ""]]) {
      this.phase(phase, text);
      await pause(350);
    }
    this.charged();
    this.phase("");
    await pause(1200);
    this.registered();
  }

  async file(path, res) {
    const name = path === "/" ? "index.html" : normalize(path).replace(/^[/\\]+/, "");
    try {
      let content = await readFile(join(dist, name));
      if (name === "index.html") content = content.toString().replace('<html lang="it"', `<html lang="${this.language}"`); // as the service does
      res.writeHead(200, { "Content-Type": types[extname(name)] ?? "application/octet-stream", "Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store" });
      res.end(content);
    } catch {
      res.writeHead(404).end();
    }
  }

  upgrade(req, socket) {
    const accept = createHash("sha1").update(req.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => this.sockets.delete(socket));
    socket.on("data", (data) => {
      const text = unmask(data);
      if (text === undefined || socket.ready) return;
      if (!this.tokens.has(JSON.parse(text).token)) return socket.destroy();
      socket.ready = true;
      this.operator = this.tokens.get(JSON.parse(text).token); // who signs beside a session has no socket
      send(socket, { sequence: this.sequence, type: "snapshot", snapshot: this.snapshot() });
    });
  }
}

function reply(res, status, body) {
  res.writeHead(status, { "Content-Type": "application/json" });
  res.end(body === undefined ? undefined : JSON.stringify(body));
}

function refuse(res, status, code, message, hint) {
  reply(res, status, { error: { code, message, hint } });
}

// One unfragmented text frame is all that a test needs.
function send(socket, value) {
  const payload = Buffer.from(JSON.stringify(value));
  const head = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, 0, 0]);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  socket.write(Buffer.concat([head, payload]));
}

function unmask(data) {
  if ((data[0] & 0x0f) !== 1) return undefined;
  let length = data[1] & 0x7f;
  let at = 2;
  if (length === 126) [length, at] = [data.readUInt16BE(2), 4];
  const mask = data.subarray(at, at + 4);
  return Buffer.from(data.subarray(at + 4, at + 4 + length).map((b, i) => b ^ mask[i % 4])).toString();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = new Mock();
  mock.auto = true;
  mock.demo = true;
  console.log(`${await mock.start(Number(process.env.PORT ?? 0))}  (rossi or bianchi, PIN 1234)`);
}
