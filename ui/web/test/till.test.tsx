import { cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stage } from "../src/core/counter";
import { Scanner } from "../src/core/scan";
import type { Notice } from "../src/core/types.gen";
import { App } from "../src/view/App";
import { attachKeys, scanField } from "../src/view/keys";
import { debt, payment, snapshot, terminal } from "./fixtures";
import { settle, World } from "./world";

let w: World;
let detach: () => void;
beforeEach(() => {
  w = new World();
  render(<App page={w.page} />);
  detach = attachKeys(document, w.page, new Scanner({ field: scanField, onScan: (code) => w.page.take(code) }));
});
afterEach(() => {
  detach();
  w.page.stop();
  cleanup();
});

const key = (name: string, target: Element = scanField()!) => fireEvent.keyDown(target, { key: name });
const polite = () => screen.getByRole("status").textContent;
const assertive = () => screen.getAllByRole("alert").at(-1)!.textContent;
const lines = () => within(screen.getByRole("list", { name: "Avvisi nel carrello" })).getAllByRole("listitem");

async function scan(n: number, over: Partial<Notice> = {}) {
  w.page.take(`code${n}`);
  await w.last("POST notices/lookup").answer(200, debt({ number: `30200100000000010${n}`, amount_cents: 1000 * n, description: `Debito ${n}`, ...over }));
  w.later();
  await settle();
}

describe("the cart on the screen", () => {
  beforeEach(async () => {
    await w.online({ terminals: [terminal({ max_notices: 5 }), terminal({ name: "cassa2", label: "Cassa 2" })] });
    await scan(1, { debtor: "Bruno Verdi", due_date: "2026-12-16" });
    await scan(2);
    await scan(3);
  });

  it("shows each debt, their sum and how they are charged, and says so to a screen reader", () => {
    expect(lines().map((l) => l.querySelector("strong")!.textContent)).toEqual(["Debito 1", "Debito 2", "Debito 3"]);
    for (const text of ["Comune di Esempio", "Bruno Verdi", "16/12/2026", "10,00\u00a0€"]) expect(lines()[0]!.textContent).toContain(text);
    expect(screen.getByRole("button", { name: /Incassa 60,00/ })).toHaveProperty("disabled", false);
    expect(screen.getByText("Una sola transazione su Cassa 1.")).toBeTruthy();
    expect(polite()).toContain("Nel carrello 3 avvisi, totale 60,00");
  });

  it("says at the other terminal that it takes one charge each", async () => {
    key("F2");
    await settle();
    expect(screen.getByText(/3 transazioni su Cassa 2, una dopo l’altra/)).toBeTruthy();
    expect(screen.getByRole("button", { name: /Incassa il primo: 10,00/ })).toBeTruthy();
  });

  it("takes out by key what is marked, and leaves what is being written alone", async () => {
    key("ArrowUp");
    await settle();
    expect(lines()[1]!.getAttribute("aria-current")).toBe("true");
    fireEvent.input(scanField()!, { target: { value: "3020" } });
    key("Delete");
    await settle();
    expect(lines()).toHaveLength(3);
    fireEvent.input(scanField()!, { target: { value: "" } });
    key("Delete");
    await settle();
    expect(lines().map((l) => l.querySelector("strong")!.textContent)).toEqual(["Debito 1", "Debito 3"]);
    expect(polite()).toContain("Tolto dal carrello: Debito 2");
    fireEvent.click(within(lines()[0]!).getByRole("button", { name: "Togli Debito 1" }));
    await settle();
    expect(screen.getByRole("heading", { name: "Avviso da incassare" })).toBeTruthy(); // one by itself, as ever
  });

  it("names what cannot be charged, and charges nothing beside it", async () => {
    await scan(4, { payable: false, reason: { code: "notice_paid", text: "Già pagato." } });
    expect(lines()[3]!.textContent).toContain("Non incassabile: Già pagato.");
    expect(assertive()).toContain("Già pagato.");
    expect(screen.getByRole("button", { name: /Incassa/ })).toHaveProperty("disabled", true);
    key("Enter");
    expect(w.count("POST payments")).toBe(0);
    key("Delete");
    await settle();
    key("Enter");
    expect(w.count("POST payments")).toBe(0); // too soon: it was meant for what stood there before
    w.later();
    key("Enter");
    expect(w.count("POST payments")).toBe(1);
  });
});

it("a half charged cart says on every panel what is charged and what is not", async () => {
  await w.online();
  await scan(1);
  await scan(2);
  key("Enter");
  const p = payment({ request_id: "id-1", amount_cents: 1000, notices: [{ creditor: "01199250158", number: "302001000000000101", amount_cents: 1000, description: "Debito 1", registration: "none" }] });
  await w.last("POST payments").answer(202, p);
  w.event({ type: "payment", payment: { ...p, state: "charged" } });
  await settle();
  const run = () => within(screen.getByRole("list", { name: "Il carrello, avviso per avviso" })).getAllByRole("listitem").map((l) => l.textContent);
  expect(run()).toEqual(["IncassatoDebito 110,00\u00a0€", "Da incassareDebito 220,00\u00a0€"]);
  expect(assertive()).toContain("Resta 1 avviso: 20,00");
  w.later();
  key("Enter");
  const next = payment({ id: "A1-2", request_id: "id-2", amount_cents: 2000, notices: [{ ...p.notices[0]!, number: "302001000000000102", description: "Debito 2", amount_cents: 2000 }] });
  await w.last("POST payments").answer(202, next);
  w.event({ type: "payment", payment: { ...next, state: "unknown" } });
  await settle();
  expect(run()).toEqual(["IncassatoDebito 110,00\u00a0€", "Esito non notoDebito 220,00\u00a0€"]);
  w.event({ type: "payment", payment: { ...next, state: "charged" } });
  await settle();
  expect(screen.getByText(/Tutti e 2 gli avvisi sono incassati: 30,00/)).toBeTruthy();
});

describe("the keys", () => {
  it("F9 locks, once", async () => {
    await w.online();
    key("F9");
    fireEvent.keyDown(scanField()!, { key: "F9", repeat: true });
    expect(w.count("POST session/lock")).toBe(1);
  });

  it("Esc while the terminal works says how it is cancelled, and cancels nothing", async () => {
    await w.online();
    await scan(1);
    key("Enter");
    await settle();
    key("Escape");
    await settle();
    expect(stage(w.page.counter()).kind).toBe("working");
    expect(screen.getAllByText(/tasto rosso sul terminale/).length).toBeGreaterThan(0);
    expect(polite()).toContain("tasto rosso");
  });
});

describe("the sounds", () => {
  it("are turned off by their button, for this PC", async () => {
    const likes = new Map<string, string>();
    const shelf = { getItem: (k: string) => likes.get(k) ?? null, setItem: (k: string, v: string) => void likes.set(k, v), removeItem: (k: string) => void likes.delete(k) };
    cleanup();
    w.page.stop();
    w = new World(undefined, { likes: shelf });
    render(<App page={w.page} />);
    await w.online();
    await settle();
    fireEvent.click(screen.getByRole("button", { name: "Suoni accesi" }));
    await settle();
    w.page.take("code1");
    expect(w.sounds).toEqual([]);
    expect([...likes.keys()]).toEqual(["sportello.silent"]);
    const later = new World(undefined, { likes: shelf });
    await later.online();
    later.page.take("code1");
    expect(later.sounds).toEqual([]);
    later.page.hush(false);
    later.page.take("code2");
    expect(later.sounds).toEqual(["scan", "scan"]);
    expect(likes.size).toBe(0);
    later.page.stop();
  });
});

it("a window without the pen says so, to everybody, and asks for it with one key", async () => {
  const held: ((lock: unknown) => unknown)[] = [];
  cleanup();
  w.page.stop();
  const locks = {
    request: (_: string, how: { ifAvailable?: boolean; steal?: boolean }, work: (lock: unknown) => Promise<void> | undefined) => {
      if (how.ifAvailable) return Promise.resolve(work(null)); // somebody else has it
      if (how.steal) return Promise.resolve(work({}));
      held.push(work);
      return new Promise(() => undefined);
    },
  };
  w = new World(undefined, { locks });
  render(<App page={w.page} />);
  detach();
  detach = attachKeys(document, w.page, new Scanner({ field: scanField, onScan: (code) => w.page.take(code) }));
  await w.online(snapshot());
  await settle();
  expect(screen.getByText(/Qui si guarda soltanto/)).toBeTruthy();
  expect(screen.getByRole("heading", { name: "Per ora non si incassa" }).parentElement!.textContent).toContain("F4");
  key("F4");
  await settle();
  expect(screen.queryByText(/Qui si guarda soltanto/)).toBeNull();
  expect(polite()).toContain("Ora si incassa da questa finestra");
});
