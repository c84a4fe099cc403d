// The help beside a view: its keys, and what it says when the service is away.

import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import help from "../src/core/i18n/help.it.json";
import { Scanner } from "../src/core/scan";
import { App } from "../src/view/App";
import { attachKeys, scanField } from "../src/view/keys";
import { patience, settle, World } from "./world";

let w: World;
let detach: () => void;
let answer: () => Promise<Response>;
beforeEach(async () => {
  answer = async () => new Response(JSON.stringify(help));
  vi.stubGlobal("fetch", () => answer());
  w = new World();
  const scanner = new Scanner({ field: scanField, onScan: () => undefined });
  detach = attachKeys(document, w.page, scanner);
  render(<App page={w.page} scanner={scanner} />);
  await w.online();
  await settle();
});
afterEach(() => {
  w.page.stop();
  detach();
  cleanup();
  vi.unstubAllGlobals();
});

const press = async (key: string, on: Element = document.activeElement ?? document.body) => {
  fireEvent.keyDown(on, { key, bubbles: true });
  await settle();
};

it("comes with F1, has the focus, follows the view, and Esc puts only it away", async () => {
  w.page.show("queue");
  await settle();
  await press("F1");
  expect(document.activeElement?.textContent).toBe("Aiuto: Coda");
  await vi.waitFor(() => screen.getByText(/Non c’è nulla da premere/), patience);
  w.page.show("closing");
  await settle();
  expect(screen.getByRole("heading", { name: "Aiuto: Chiusura" })).toBeTruthy();
  expect(screen.queryByText(/Non c’è nulla da premere/)).toBeNull();
  await press("Escape");
  expect(screen.queryByRole("complementary")).toBeNull();
  expect(w.page.counter().view).toBe("closing");
  await press("Escape");
  expect(w.page.counter().view).toBe("till");
});

it("comes with a question mark, but not where one is written", async () => {
  await press("?", scanField());
  expect(screen.queryByRole("complementary")).toBeNull();
  await press("?", document.body);
  expect(screen.getByRole("complementary")).toBeTruthy();
  await press("?", document.body);
  expect(screen.queryByRole("complementary")).toBeNull();
});

it("says so when it cannot be read", async () => {
  answer = () => Promise.reject(new TypeError("network"));
  await press("F1");
  await vi.waitFor(() => screen.getByText(/L’aiuto non si è potuto leggere/), patience);
});

it("is there before anybody has signed in, and Esc puts it away", async () => {
  void w.page.logout();
  await settle();
  const pin = screen.getByLabelText("PIN");
  await press("?", pin); // it may be a part of the PIN
  expect(screen.queryByRole("complementary")).toBeNull();
  await press("F1", pin);
  expect(document.activeElement?.textContent).toBe("Aiuto: Accesso allo sportello");
  await vi.waitFor(() => screen.getByText(/PIN dimenticato/), patience);
  expect(screen.queryByText("F8")).toBeNull(); // there are no views yet
  await press("Escape");
  expect(screen.queryByRole("complementary")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Aiuto" }));
  await settle();
  expect(screen.getByRole("complementary")).toBeTruthy();
});
