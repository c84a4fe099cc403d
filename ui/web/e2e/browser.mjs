// What both browser tests share: Debian's Chromium, a scanner at its own speed, axe, screenshots, and a
// list of everything the console or the content security policy complained about.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const flags = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** launch starts the browser, within two minutes, and once more where it did not start; what it said is in the error. */
export async function launch() {
  const options = { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true, args: flags, timeout: 120_000 };
  try {
    return await chromium.launch(options);
  } catch (e) {
    console.error(`the browser did not start, once more: ${e.message}`);
    return chromium.launch(options);
  }
}

/** open gives a page of the counter's screen size, with everything it complains about. */
export async function open(browser, { zoom = 1 } = {}) {
  // 200 % zoom halves the CSS pixels and doubles the device's.
  const context = await browser.newContext({
    viewport: { width: Math.round(1366 / zoom), height: Math.round(768 / zoom) },
    deviceScaleFactor: zoom,
    locale: "it-IT",
    reducedMotion: "reduce", // no look at a colour on its way
  });
  const page = await context.newPage();
  page.setDefaultTimeout(Number(process.env.TIMEOUT ?? 10_000));
  const complaints = [];
  page.on("console", (m) => {
    if (m.type() === "error") complaints.push(`console: ${m.text()}`);
  });
  page.on("pageerror", (e) => complaints.push(`page: ${e.message}`));
  await page.addInitScript(() => {
    globalThis.cspViolations = [];
    document.addEventListener("securitypolicyviolation", (e) => globalThis.cspViolations.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  return { context, page, complaints };
}

/** scan types as a scanner does, through the browser's own input, gap milliseconds a key. */
export async function scan(page, text, gap = 8) {
  const line = await page.context().newCDPSession(page);
  const sent = [];
  const key = (down, up) => {
    // Not awaited one by one: a scanner does not wait for the page either.
    sent.push(line.send("Input.dispatchKeyEvent", { type: "keyDown", ...down }));
    sent.push(line.send("Input.dispatchKeyEvent", { type: "keyUp", ...up }));
  };
  for (const char of text) {
    key({ text: char, key: char, unmodifiedText: char }, { key: char });
    await new Promise((done) => setTimeout(done, gap));
  }
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 };
  key({ text: "\r", ...enter }, enter);
  await Promise.all(sent);
  await line.detach();
}

/** axe gives the violations of WCAG 2.1 A and AA and of good practice, in one line each. */
export async function axe(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) {
    await page.evaluate(await readFile(require.resolve("axe-core/axe.min.js"), "utf8"));
  }
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }),
  );
  return found.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`);
}

/** sideways says by how many pixels the page is wider than its window. */
export async function sideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** ringless names the element that has the focus without showing it; undefined when all is well. */
export async function ringless(page) {
  return page.evaluate(() => {
    const e = document.activeElement;
    if (!e || e === document.body) return undefined;
    const style = getComputedStyle(e);
    const seen = style.boxShadow !== "none" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
    return seen ? undefined : e.outerHTML.slice(0, 80);
  });
}

/** csp gives what the content security policy has blocked so far. */
export async function csp(page) {
  return page.evaluate(() => globalThis.cspViolations);
}

export async function shot(page, folder, name) {
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Checks collects what failed; the exit code says whether anything did. */
export class Checks {
  failed = [];
  done = 0;

  that(ok, what) {
    this.done++;
    if (ok) return;
    this.failed.push(what);
    console.error(`FAIL ${what}`);
  }

  same(got, want, what) {
    const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
    this.that(g === w, `${what}: got ${g}, want ${w}`);
  }

  /** soon waits until read gives what is wanted: what follows an event may be drawn a moment after it. */
  async soon(read, want, what) {
    const until = Date.now() + Number(process.env.TIMEOUT ?? 10_000);
    let got = await read();
    while (JSON.stringify(got) !== JSON.stringify(want) && Date.now() < until) {
      await new Promise((done) => setTimeout(done, 20));
      got = await read();
    }
    this.same(typeof got === "string" ? got.slice(0, 200) : got, want, what);
  }

  end() {
    console.log(`${this.done} checks, ${this.failed.length} failed`);
    process.exitCode = this.failed.length ? 1 : 0;
  }
}
