import "./styles/italia.css";
import "./styles/app.css";
import "./styles/work.css";
import "./styles/screens.css";
import "./styles/cart.css";
import "./styles/office.css";
import "./styles/desk.css";
import "./styles/views.css";
import "./styles/print.css";
import { render } from "preact";
import { fetchTexts } from "./core/i18n";
import { Page } from "./core/page";
import type { Locks } from "./core/pen";
import { Scanner } from "./core/scan";
import { play } from "./core/sound";
import { App } from "./view/App";
import { attachKeys, scanField } from "./view/keys";

const [from] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
const page = new Page({
  shelf: sessionStorage,
  likes: localStorage,
  locks: navigator.locks as Locks | undefined,
  reloaded: from?.type === "reload",
  play,
  print: () => window.print(),
});
const scanner = new Scanner({ field: scanField, onScan: (code) => page.take(code) });
scanner.attach(document);
attachKeys(document, page, scanner);
addEventListener("online", () => page.wake());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") page.wake();
});

// No await at the top: the texts' file may wait for this one.
async function draw(root: HTMLElement): Promise<void> {
  // Without any texts the service went away between two files of the page.
  if (!(await fetchTexts(document.documentElement.lang)) && !(await fetchTexts("it"))) return void setTimeout(() => location.reload(), 2000);
  render(<App page={page} scanner={scanner} />, root);
  page.start();
}

const root = document.getElementById("app");
if (root) void draw(root);
