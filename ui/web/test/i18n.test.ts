import { afterEach, beforeEach, expect, it } from "vitest";
import de from "../src/core/i18n/de";
import en from "../src/core/i18n/en";
import it_ from "../src/core/i18n/it";
import type { Help } from "../src/core/help";
import { fetchTexts, languageOf, texts } from "../src/core/i18n";
import { views } from "../src/core/office";
import { settle, World } from "./world";

let w: World;
beforeEach(() => {
  w = new World();
});
afterEach(() => w.page.stop());

it("is Italian until another language is there, and then that one", async () => {
  expect(languageOf("de")).toBe("it");
  let drawn = 0;
  w.page.subscribe(() => drawn++);
  await w.online({ language: "de" });
  const before = drawn;
  for (let i = 0; i < 100 && languageOf("de") === "it"; i++) await settle();
  await settle();
  expect(texts(languageOf("de")).title).toBe(de.title);
  expect(texts(languageOf("de")).office.nav.views.verify).toBe("Zu prüfen");
  expect(drawn).toBeGreaterThan(before);
  expect(await fetchTexts("de")).toBe(false);
  expect(await fetchTexts("xx")).toBe(false);
  expect(languageOf("xx")).toBe("it");
});

// The compiler holds the keys; this holds that nobody left a sentence empty, or in Italian.
it("every language has every sentence", () => {
  const same = new Set(["Sportello POS", "PIN", "STAN", "Terminal", "Terminale", "QR", "–", "Stop", "OK"]);
  const walk = (a: unknown, b: unknown, path: string) => {
    if (typeof a === "string") {
      expect(typeof b, path).toBe("string");
      expect(b === "" && a !== "", path).toBe(false);
      if (a.includes(" ")) expect(b === a && !same.has(a), `${path} is still Italian`).toBe(false);
    } else if (typeof a === "function") {
      expect(typeof b, path).toBe("function");
      expect((b as () => string).length, path).toBe(a.length);
    } else if (typeof a === "object" && a !== null) {
      for (const key of Object.keys(a)) walk((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}.${key}`);
      expect(Object.keys(b as object).sort(), path).toEqual(Object.keys(a).sort());
    }
  };
  for (const other of [en, de]) walk(it_, other, other.language);
});

it("every view has its help in every language", async () => {
  const files = import.meta.glob<Help>("../src/core/i18n/help.*.json", { eager: true, import: "default" });
  const all = Object.values(files);
  expect(Object.keys(files).length).toBe(3);
  for (const help of all) {
    expect(Object.keys(help).sort()).toEqual([...views, "story", "login"].sort());
    for (const view of Object.keys(help) as (keyof Help)[]) {
      expect(help[view].text.length, view).toBe(all[0]![view].text.length);
      for (const line of help[view].text) expect(line.length, line).toBeGreaterThan(20);
    }
  }
});
