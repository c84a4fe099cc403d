// The real service between simulated ends: `sportello run` in a process of its own, the simulated terminal and
// the simulated platform in theirs, all on loopback. A test stages what happens at the ends; the page only
// ever sees the service. SPORTELLO names the binary; ../../bin/sportello without it.

import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary = process.env.SPORTELLO || fileURLToPath(new URL("../../../bin/sportello", import.meta.url));
const creditor = "01199250158";

/** noticeOf is a notice number with its check digits. */
export function noticeOf(n) {
  const base = `30200010${String(n).padStart(8, "0")}`;
  return base + String(BigInt(base) % 93n).padStart(2, "0");
}

/** qrOf is what a scanner reads from the printed notice. */
export const qrOf = (n, cents) => `PAGOPA|002|${noticeOf(n)}|${creditor}|${cents}`;

const reasons = ["TARI 2026, acconto", "Mensa scolastica, ottobre", "Canone unico patrimoniale", "Diritti di segreteria", "Sanzione, codice della strada", "Illuminazione votiva", "Refezione, terzo bimestre", "Occupazione di suolo pubblico"];

/** seed are debts of 10,01 to 10,08 euro and so on, all payable, half of them Mario Rossi's. */
function seed() {
  const due = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const debts = reasons.map((reason, i) => ({
    creditor,
    notice: noticeOf(i + 1),
    cents: 1001 + i,
    type: "TARI",
    id: `DEBITO-${i + 1}`,
    application: "TRIBUTI",
    reason,
    due,
    debtor: i % 2 ? { tax_code: "BNCNNA85M41H501N", name: "Anna Bianchi" } : { tax_code: "RSSMRA80A01F205X", name: "Mario Rossi" },
  }));
  return { v: 1, creditors: [{ tax_code: creditor, name: "Comune di Esempio" }], types: [], debts };
}

const form = {
  type: "object",
  required: ["pratica"],
  properties: { pratica: { type: "string", title: "Numero della pratica", pattern: "^[0-9]{4}$" }, copie: { type: "integer", title: "Copie", minimum: 1, maximum: 9 } },
};

const given = new Set();

/**
 * free is a port that nobody listens on, never the same twice, below those that the kernel lends to outgoing
 * connections: a browser's or a terminal's line cannot take it before the process that it is meant for does.
 */
async function free() {
  for (let i = 0; i < 200; i++) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    const mine = await new Promise((done) => {
      server.once("error", () => done(false));
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
    });
    if (mine) return port;
  }
  throw new Error("no free port");
}

function hash(pin) {
  const r = spawnSync(binary, ["operator", "hash"], { input: `${pin}\n`, encoding: "utf8" });
  if (r.status !== 0) throw new Error(`operator hash: ${r.stderr}`);
  return r.stdout.trim();
}

/**
 * start runs the three of them. faults is the terminal's script, one rule an entry; with together the terminal
 * takes five notices in one transaction; with second there is another one beside it; with manual the card and the
 * PIN wait for their keys.
 */
export async function start({ faults = [], exclusivity = "exclusive", reversal = "none", receiptDelay = "1s", together = false, second = false, manual = false, language = "it" } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "sportello-page-"));
  const at = (name) => join(dir, name);
  const [terminal, other, panel, platform, listen] = await Promise.all([free(), free(), free(), free(), free()]);
  const children = [];
  const logs = [];
  const run = (...args) => {
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (d) => logs.push(String(d)));
    child.stderr.on("data", (d) => logs.push(String(d)));
    children.push(child);
  };
  const clerk = hash("1234");
  await writeFile(at("seed.json"), JSON.stringify(seed()));
  await writeFile(at("terminal.faults"), faults.map((f) => JSON.stringify(f) + "\n").join(""));
  await writeFile(at("platform.faults"), "");
  await writeFile(at("form.json"), JSON.stringify(form));
  await writeFile(at("password"), "sportello\n", { mode: 0o600 });
  const operators = [["rossi", "Maria Rossi", "clerk"], ["bianchi", "Paolo Bianchi", "supervisor"]];
  await writeFile(at("operators.yaml"), "operators:\n" + operators.map(([id, name, role]) => `  - {id: ${id}, name: ${name}, role: ${role}, hash: "${clerk}"}\n`).join(""), { mode: 0o600 });
  const govpay = (api, v) => `http://127.0.0.1:${platform}/govpay/${api === "pagamento" ? "frontend" : "backend"}/api/${api}/rs/basic/${v}`;
  const terminalOf = (name, label, port, id) => `  - name: ${name}
    label: ${label}
    driver: nexi
    address: tcp://127.0.0.1:${port}
    terminal_id: "${id}"
    cash_register_id: "00000001"
    exclusivity: ${exclusivity}
    reversal: ${reversal}
    psp: {id: CIPBITMM, intermediary: "13212880150", channel: "13212880150_90", payment_type: CP}
${together ? "    settlement: platform\n    notice_data: null\n    max_notices: 5" : '    notice_data: {tag: 5, template: "{notice}{creditor}", index_map: "5000"}'}
    timing: {result: ${manual ? 60 : 5}s, hard_stop: ${manual ? 90 : 20}s, quiet: 6s}
`;
  await writeFile(
    at("config.yaml"),
    `installation: T1
language: ${language}
listen: 127.0.0.1:${listen}
data_dir: ${at("data")}
operators_file: ${at("operators.yaml")}
creditors:
  - {tax_code: "${creditor}", name: Comune di Esempio}
terminals:
${terminalOf("cassa1", "Cassa 1", terminal, "12345678")}${second ? terminalOf("cassa2", "Cassa 2", other, "12345679") : ""}platform:
  driver: govpay
  pagamento: ${govpay("pagamento", "v2")}
  pendenze: ${govpay("pendenze", "v2")}
  ragioneria: ${govpay("ragioneria", "v3")}
  application: A2A-SPORTELLO
  auth: {user: sportello, password_file: ${at("password")}}
offline: {allow: true, max_amount_cents: 2000, max_total_cents: 2500, max_payments: 2, max_hours: 8, verified_within: 24h}
services:
  - type: SEGRETERIA
    name: Diritti di segreteria
    reason: Diritti di segreteria, pratica {pratica}
    amount_cents: 1600
    entry_code: SEGRETERIA
    taxonomy: Servizi erogati dal comune
    due_days: 30
    form: ${at("form.json")}
`,
  );
  run("simulate", "terminal", "--listen", `tcp://127.0.0.1:${terminal}`, "--bank", at("bank.jsonl"), "--faults", at("terminal.faults"), "--panel", `127.0.0.1:${panel}`, "--fast", "--manual-saved", ...(manual ? ["--manual-keys"] : []));
  if (second) run("simulate", "terminal", "--listen", `tcp://127.0.0.1:${other}`, "--terminal-id", "12345679", "--bank", at("bank2.jsonl"), "--fast");
  run("simulate", "platform", "--listen", `127.0.0.1:${platform}`, "--seed", at("seed.json"), "--bank", at("bank.jsonl"), "--faults", at("platform.faults"), "--receipt-delay", receiptDelay);
  const stop = async () => {
    for (const child of children.toReversed()) {
      const over = new Promise((done) => child.once("exit", done));
      if (child.exitCode === null && child.kill("SIGTERM")) await over;
    }
    await rm(dir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${listen}`;
  try {
    await answers(`http://127.0.0.1:${panel}/state`, logs);
    run("run", "--config", at("config.yaml"));
    await answers(`${url}/healthz`, logs);
  } catch (e) {
    await stop();
    throw e;
  }
  return {
    url,
    logs,
    /** press is a key of the terminal's panel: what somebody does on it without this counter. */
    async press(body) {
      const r = await fetch(`http://127.0.0.1:${panel}/press`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      if (!r.ok) throw new Error(`press: ${r.status} ${await r.text()}`);
    },
    /** away takes the platform off the line, or brings it back. */
    async away(is) {
      await writeFile(at("platform.faults"), is ? '{"on":"*","do":"down"}\n' : "");
    },
    /** charges are the bank's own decisions: what was really taken. */
    async charges() {
      const banks = await Promise.all(["bank.jsonl", "bank2.jsonl"].map((f) => readFile(at(f), "utf8").catch(() => "")));
      const lines = banks.flatMap((b) => b.trim().split("\n").filter(Boolean));
      return lines.map((l) => JSON.parse(l)).filter((d) => d.kind === "payment" && d.approved);
    },
    check() {
      return spawnSync(binary, ["ledger", "check", "--config", at("config.yaml")], { encoding: "utf8" });
    },
    stop,
  };
}

async function answers(url, logs) {
  for (let i = 0; i < 300; i++) {
    try {
      if ((await fetch(url)).status < 500) return;
    } catch {
      // not yet
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${url} does not answer:\n${logs.join("")}`);
}
