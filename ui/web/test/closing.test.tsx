// How a terminal was closed last, as it is read again when the view is opened: from another page, or of another day.

import { cleanup, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { App } from "../src/view/App";
import { snapshot, terminal } from "./fixtures";
import { settle, World } from "./world";

let w: World;
beforeEach(async () => {
  vi.useFakeTimers({ now: Date.parse("2026-11-21T10:00:00Z"), toFake: ["Date"] });
  w = new World();
  render(<App page={w.page} />);
  await w.online(snapshot());
  w.page.show("closing");
  await settle();
});
afterEach(() => {
  w.page.stop();
  cleanup();
  vi.useRealTimers();
});

const closed = (at: string) => ({ terminal: terminal(), text: "", closing: { at, state: "closed", terminal_cents: 4250, ledger_cents: 4250, payments: 1, differences: [] } });

it.each([
  ["2026-11-21T09:30:05Z", "Chiusura delle 10:30:05: Sessione chiusa"],
  ["2026-11-20T17:02:11Z", "Chiusura del 20/11/2026, 18:02:11: Sessione chiusa"],
])("closed at %s", async (at, want) => {
  await w.last("POST terminals/cassa1/closing").answer(200, closed(at));
  await settle();
  expect(screen.getByRole("heading", { level: 4 }).textContent).toBe(want);
});
