// How long the page takes to its first paint, cold: each time a new browser with an empty profile and cache, the
// real service on loopback, and the browser's own clock (PerformancePaintTiming, from the start of navigation).
// It prints the median of RUNS (9) and all of them; it judges nothing, for a busy machine says nothing.

import { readdir, readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { gzipSync } from "node:zlib";
import { launch, open } from "./browser.mjs";
import { start } from "./service.mjs";

const runs = Number(process.env.RUNS ?? 9);
const service = await start();
const took = [];
try {
  for (let i = 0; i < runs; i++) {
    const browser = await launch();
    const { page } = await open(browser);
    await page.goto(service.url);
    await page.locator("#operator").waitFor();
    const all = await page.evaluate(
      () =>
        new Promise((done) => {
          const seen = {};
          new PerformanceObserver((list) => {
            for (const e of list.getEntries()) seen[e.name] = e.startTime;
            if (seen["first-contentful-paint"] !== undefined) done(seen);
          }).observe({ type: "paint", buffered: true });
        }),
    );
    took.push({ paint: all["first-paint"], content: all["first-contentful-paint"] });
    await browser.close();
  }
} finally {
  await service.stop();
}
const median = (of) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)].toFixed(0);
const list = (of) => of.map((t) => t.toFixed(0)).join(" ");
console.log(`first paint, cold, ${runs} times on ${cpus().length} × ${cpus()[0]?.model.trim()}: median ${median(took.map((t) => t.paint))} ms (${list(took.map((t) => t.paint))})`);
console.log(`first contentful paint: median ${median(took.map((t) => t.content))} ms (${list(took.map((t) => t.content))})`);
const assets = new URL("../dist/assets/", import.meta.url);
for (const file of (await readdir(assets)).filter((f) => /\.(js|css|woff2)$/.test(f))) {
  const bytes = await readFile(new URL(file, assets));
  console.log(`${file}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
}
