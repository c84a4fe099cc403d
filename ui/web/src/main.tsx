import "./styles/italia.css";
import "./styles/app.css";
import "./styles/cart.css";
import "./styles/office.css";
import "./styles/print.css";
import { render } from "preact";
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

const root = document.getElementById("app");
if (root) render(<App page={page} scanner={scanner} />, root);
page.start();
