// The views beside the counter come apart from it: what the clerk sees until they are there.

import { cleanup, render, screen } from "@testing-library/preact";
import { afterEach, it, vi } from "vitest";
import { patience, settle, World } from "./world";

// A page of its own, which has fetched nothing yet; setup.ts has fetched them for all the others.
let fails = true;
vi.mock("../src/view/Beside", async (original) => {
  if (fails) throw new Error("network");
  return original();
});

let w: World;
afterEach(() => {
  w.page.stop();
  cleanup();
  vi.resetModules();
});

async function fresh() {
  vi.resetModules();
  const { fetchTexts } = await import("../src/core/i18n");
  await fetchTexts("it");
  const { App } = await import("../src/view/App");
  const { World: Its } = await import("./world");
  w = new Its();
  render(<App page={w.page} />);
  await w.online();
  await settle();
}

it("says what to do when they cannot be had, and shows them once they can", async () => {
  await fresh();
  w.page.show("queue");
  await vi.waitFor(() => screen.getByText(/ricarica la pagina \(F5\)/), patience);
  fails = false;
  w.socket.onclose?.();
  await settle();
  w.page.wake();
  w.connect();
  await vi.waitFor(() => screen.getByRole("heading", { name: "Coda" }), patience);
});
