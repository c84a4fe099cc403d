import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Scanner } from "../src/core/scan";
import { centsOf } from "../src/core/simulated";
import { App } from "../src/view/App";
import { attachKeys, scanField } from "../src/view/keys";
import { activity, debt } from "./fixtures";
import { patience, settle, World } from "./world";

let w: World;
beforeEach(() => {
  w = new World();
  render(<App page={w.page} />);
});
afterEach(() => {
  w.page.stop();
  cleanup();
});

const state = "GET /demo/terminal/state";
const pressing = "POST /demo/terminal/press";
const now = { busy: false, screen: "", waits: "", manual_keys: false, pos_total_cents: 0 };

async function opened(over = {}) {
  await w.online({ demo: true });
  await vi.waitFor(() => expect(document.querySelector("details")).not.toBeNull(), patience);
  const panel = document.querySelector("details")!;
  panel.open = true;
  fireEvent(panel, new Event("toggle"));
  await vi.waitFor(() => w.last(state), patience); // effects come after the drawing
  await w.last(state).answer(200, { ...now, ...over });
  await settle();
  return panel;
}

const key = (name: string) => screen.getByRole("button", { name });

it("is not there outside the demonstration, and asks nothing while closed", async () => {
  await w.online();
  await settle();
  expect(document.querySelector("details")).toBeNull();
  w.connect({ ...w.page.counter().mirror!, demo: true });
  await vi.waitFor(() => expect(document.querySelector("details")).not.toBeNull(), patience); // fetched only now
  expect(document.querySelector("details")!.open).toBe(false);
  expect(screen.queryByRole("button", { name: "Tasto rosso" })).toBeNull();
  expect(w.count(state)).toBe(0);
});

it("comes after the field and the list, for who goes by Tab", async () => {
  const panel = await opened();
  const after = panel.compareDocumentPosition(document.querySelector(".payments")!);
  expect(after & Node.DOCUMENT_POSITION_PRECEDING).toBeTruthy();
  expect(document.activeElement).toBe(scanField());
});

it("shows the terminal's words, what it waits for and its total, and follows the payment's steps", async () => {
  await opened({ screen: "PRESENTARE CARTA", waits: "card", busy: true, pos_total_cents: 700 });
  expect(screen.getByRole("group", { name: "Il terminale mostra" }).textContent).toContain("PRESENTARE CARTAAspetta la carta");
  expect(screen.getByText(/7,00/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Carta" })).toBeNull();
  const asked = w.count(state);
  w.event({ type: "activity", activity: activity({ phase: "pin" }) });
  await vi.waitFor(() => expect(w.count(state)).toBeGreaterThan(asked), patience);
  await w.last(state).fail();
  await settle();
  expect(screen.getByText("Non risponde")).toBeTruthy();
});

it("presses its keys, one press at a time each, and says how it went", async () => {
  await opened({ manual_keys: true });
  fireEvent.click(key("Carta"));
  await settle();
  expect(w.last(pressing).body).toEqual({ key: "card" });
  fireEvent.click(key("Carta"));
  fireEvent.click(key("Tasto rosso")); // another one does not wait for it
  expect(w.count(pressing)).toBe(2);
  await w.calls.filter((c) => c.what === pressing)[0]!.answer(200, { ...now, screen: "LETTURA CARTA" });
  await settle();
  expect(screen.getByText("LETTURA CARTA")).toBeTruthy();
  fireEvent.click(key("Storno a mano"));
  await w.last(pressing).answer(409, { error: "no sale" });
  await settle();
  expect(screen.getByText(/Storno a mano: il terminale non può/)).toBeTruthy();
});

it("sends the amount that was typed, or says what an amount looks like", async () => {
  await opened();
  const amount = screen.getByLabelText("Euro");
  fireEvent.input(amount, { target: { value: "12,5" } });
  await settle();
  fireEvent.click(key("Vendita a mano"));
  expect(w.last(pressing).body).toEqual({ key: "manual_sale", cents: 1250 });
  fireEvent.input(amount, { target: { value: "dodici" } });
  await settle();
  fireEvent.click(key("Altra cassa"));
  await settle();
  expect(w.count(pressing)).toBe(1);
  expect(screen.getByText(/Scrivi un importo/)).toBeTruthy();
});

it("charges nobody by an Enter in its amount", async () => {
  const detach = attachKeys(document, w.page, new Scanner({ field: scanField, onScan: () => undefined }));
  await opened();
  w.page.take("302001000000000142");
  await w.last("POST notices/lookup").answer(200, debt());
  w.later();
  await settle();
  fireEvent.keyDown(screen.getByLabelText("Euro"), { key: "Enter" });
  expect(w.count("POST payments")).toBe(0);
  fireEvent.keyDown(scanField()!, { key: "Enter" });
  expect(w.count("POST payments")).toBe(1);
  detach();
});

it("reads amounts as people type them", () => {
  for (const [typed, cents] of [["7", 700], ["7,5", 750], [" 7.05 ", 705], ["0,01", 1], ["99999,99", 9999999]] as const) expect(centsOf(typed)).toBe(cents);
  for (const typed of ["", "0", "-1", "1.234,00", "7,005", "100000", "sette"]) expect(centsOf(typed)).toBeUndefined();
});
