import { expect, it } from "vitest";
import { date, day, elapsed, euro, notice, seconds, time } from "../src/core/format";

it.each([
  [0, "0,00 €"],
  [5, "0,05 €"],
  [50, "0,50 €"],
  [4250, "42,50 €"],
  [100000, "1.000,00 €"],
  [123456789, "1.234.567,89 €"],
  [99999999999, "999.999.999,99 €"],
  [-4250, "-42,50 €"],
])("euro(%i)", (cents, want) => expect(euro(cents)).toBe(want.replace(" ", "\u00a0")));

it("euro in English", () => expect(euro(123456, "en")).toBe("1,234.56\u00a0€"));

it("writes instants at the counter's clock, in winter and in summer", () => {
  expect(time("2026-11-21T10:05:00Z")).toBe("11:05");
  expect(time("2026-07-01T10:05:00Z")).toBe("12:05");
  expect(date("2026-12-31T23:30:00Z")).toBe("01/01/2027");
  expect(time("2026-11-20T23:05:00Z")).toBe("00:05");
  expect(time("nonsense")).toBe("");
});

it("writes calendar days without a time zone", () => {
  expect(day("2026-12-16")).toBe("16/12/2026");
  expect(day("2026-12-16", "de")).toBe("16.12.2026");
  expect(day("soon")).toBe("soon");
});

it("groups a notice number", () => expect(notice("302001000000000142")).toBe("3020 0100 0000 0001 42".replaceAll(" ", "\u00a0")));

it("counts seconds, never backwards", () => {
  const at = Date.parse("2026-11-21T10:00:00Z");
  expect(seconds("2026-11-21T10:00:00Z", at + 61_900)).toBe(61);
  expect(seconds("2026-11-21T10:00:00Z", at - 5000)).toBe(0);
  expect(seconds("", at)).toBe(0);
  expect(elapsed(61)).toBe("61\u00a0s");
  expect(elapsed(185)).toBe("3\u00a0min 05\u00a0s");
});
