// A ledger from a copy: the page asks what it waits for, charges nothing meanwhile, and says who does what.

import { cleanup, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { blocked } from "../src/core/counter";
import { readiness } from "../src/core/status";
import type { RestoreStatus } from "../src/core/types.gen";
import { App } from "../src/view/App";
import { terminal } from "./fixtures";
import { patience, settle, World } from "./world";

const reason = { code: "restore_terminals", text: "Il registro viene da una copia.", hint: "Accendere il terminale." };
const waits: RestoreStatus = { open: false, reason, case: "C1", since: "2026-11-21T08:00:00Z", terminals: [{ name: "cassa1", read: false, same: false }] };
const ask = "GET restore";

let w: World;
beforeEach(() => void (w = new World()));
afterEach(() => {
  w.page.stop();
  cleanup();
});

it("charges nothing until it is compared, and asks again while it waits", async () => {
  await w.online();
  expect(blocked(w.page.counter())).toBeUndefined();
  await w.last(ask).answer(200, waits);
  expect(blocked(w.page.counter())).toBe("restored");
  expect(readiness(w.page.counter(), false)).toMatchObject({ word: "not_ready", why: [{ what: "ledger", reason }] });
  const before = w.count(ask);
  w.event({ type: "terminal", terminal: terminal() });
  await vi.waitFor(() => expect(w.count(ask)).toBe(before + 1), patience);
  await w.last(ask).answer(200, { open: true, terminals: [] });
  expect(blocked(w.page.counter())).toBeUndefined();
});

it("asks when a terminal says so, and believes no service that does not answer it", async () => {
  await w.online();
  await w.last(ask).answer(501, { error: { code: "not_served", message: "Non ancora." } });
  expect(blocked(w.page.counter())).toBeUndefined();
  const before = w.count(ask);
  w.event({ type: "terminal", terminal: terminal({ light: "not_ready", reason: { code: "installation_moved", text: "Un altro PC continua." } }) });
  await vi.waitFor(() => expect(w.count(ask)).toBe(before + 1), patience);
});

it("says in the status what was read, what is missing and who does what", async () => {
  render(<App page={w.page} />);
  await w.online();
  await w.last(ask).answer(200, { ...waits, terminals: [{ name: "cassa1", read: true, same: false, found: "STAN 000131", case: "C2" }], platform: { at: "2026-11-21T09:00:00Z", receipts: 1, unknown: [] } });
  w.page.show("status");
  await settle();
  screen.getByText("Non pronto: Registro");
  expect(document.body.textContent).toMatch(/La copia arriva fino al (21\/11\/2026 )?09:00/);
  expect(document.body.textContent).toContain("(ultima operazione: STAN 000131)");
  screen.getByText("letta 1 ricevuta dopo la copia.");
  screen.getByRole("button", { name: "Vai al caso C2" }).click();
  await settle();
  expect([w.page.counter().view, w.page.counter().office.openCase]).toEqual(["cases", "C2"]);
});
