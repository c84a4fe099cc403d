import "./styles/italia.css";
import "./styles/app.css";
import "./styles/office.css";
import "./styles/print.css";
import { render } from "preact";
import { Page } from "./core/page";
import { Scanner } from "./core/scan";
import { play } from "./core/sound";
import { App } from "./view/App";
import { attachKeys, scanField } from "./view/keys";

const page = new Page({ shelf: sessionStorage, play, print: () => window.print() });
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
