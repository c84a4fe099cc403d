// Days as people type them, and the field that they type them into.

import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dayOf, isDay, mayBecomeDay, moved } from "../src/core/day";
import { empty } from "../src/core/counter";
import { fetchTexts, texts } from "../src/core/i18n";
import type { Language } from "../src/core/format";
import type { Page } from "../src/core/page";
import { ViewContext } from "../src/view/context";
import { DayField } from "../src/view/DayField";
import { settle } from "./world";

describe("a day", () => {
  it.each([
    ["22/11/2026", "2026-11-22"],
    [" 2.1.2026 ", "2026-01-02"],
    ["22 11 2026", "2026-11-22"],
    ["22112026", "2026-11-22"],
    ["2026-11-22", "2026-11-22"],
    ["29/02/2028", "2028-02-29"],
    ["29/02/2026", undefined],
    ["11/22/2026", undefined],
    ["22/11", undefined],
    ["22/11/20", undefined], // it may yet become 2026
    ["oggi", undefined],
    ["", undefined],
  ])("%s is read while it is written", (typed, want) => expect(dayOf(typed, false)).toBe(want));

  it("may have a short year when it is written to its end", () => {
    expect(dayOf("22/11/26", true)).toBe("2026-11-22");
    expect(dayOf("221126", true)).toBe("2026-11-22");
    expect(dayOf("31/11/26", true)).toBeUndefined();
  });

  it("may come of what is begun", () => {
    expect(["", "2", "22/1", "22/11/202", "2211202"].map(mayBecomeDay)).toEqual([true, true, true, true, true]);
    expect(["x", "31/02/2026", "22112026", "22/11/20261"].map(mayBecomeDay)).toEqual([false, false, false, false]);
  });

  it("has a day after it, over months, years and the hour that summer takes", () => {
    expect([moved("2026-12-31", 1), moved("2026-03-01", -1), moved("2026-03-29", 1), moved("2026-10-25", -1)]).toEqual(["2027-01-01", "2026-02-28", "2026-03-30", "2026-10-24"]);
    expect(isDay("2026-13-01")).toBe(false);
  });
});

describe("the field", () => {
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });

  const said: string[] = [];
  function Form({ first = "" }: { first?: string }) {
    const [value, set] = useState(first);
    said.push(value);
    return <DayField label="Dal giorno" id="from" value={value} set={set} />;
  }
  async function field(language: Language = "it", first = "") {
    await fetchTexts(language);
    said.length = 0;
    render(
      <ViewContext.Provider value={{ c: empty, page: undefined as unknown as Page, t: texts(language), language }}>
        <Form first={first} />
      </ViewContext.Provider>,
    );
    return screen.getByLabelText<HTMLInputElement>("Dal giorno");
  }
  const type = async (at: HTMLInputElement, text: string) => {
    at.focus();
    fireEvent.input(at, { target: { value: text } });
    await settle();
  };

  it("writes as the counter's language does, whatever the browser's is", async () => {
    expect((await field("it", "2026-11-22")).value).toBe("22/11/2026");
    cleanup();
    const german = await field("de", "2026-11-22");
    expect([german.value, german.placeholder]).toEqual(["22.11.2026", "TT.MM.JJJJ"]);
  });

  it("lets people write, and complains only of what no day can come of", async () => {
    const at = await field();
    await type(at, "22/1");
    expect([at.value, said.at(-1), at.getAttribute("aria-invalid")]).toEqual(["22/1", "22/1", "false"]);
    await type(at, "22/11/2026");
    expect(said.at(-1)).toBe("2026-11-22");
    await type(at, "32/11/2026");
    expect(at.getAttribute("aria-describedby")).toBe("from-wrong");
    screen.getByText("Un giorno come 22/11/2026.");
    await type(at, "5.1.26");
    fireEvent.blur(at);
    await settle();
    expect([at.value, said.at(-1)]).toEqual(["05/01/2026", "2026-01-05"]);
    await type(at, "5/1");
    fireEvent.blur(at);
    await settle();
    expect([at.value, at.getAttribute("aria-invalid")]).toEqual(["5/1", "true"]);
  });

  it("goes a day on and back with the arrows, from today where there is none", async () => {
    vi.useFakeTimers({ now: Date.parse("2026-11-21T23:30:00Z"), toFake: ["Date"] }); // already the 22nd at the counter
    const at = await field();
    fireEvent.keyDown(at, { key: "ArrowUp" });
    await settle();
    expect(at.value).toBe("22/11/2026");
    fireEvent.keyDown(at, { key: "ArrowDown" });
    await settle();
    expect(said.at(-1)).toBe("2026-11-21");
  });
});
