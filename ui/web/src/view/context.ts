import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Counter } from "../core/counter";
import { date, day, elapsed, euro, sameDay, second, time, type Language } from "../core/format";
import { texts, type Texts } from "../core/i18n";
import { empty } from "../core/counter";
import { personOf } from "../core/office";
import type { Page } from "../core/page";
import type { Scanner } from "../core/scan";
import type { Charge } from "../core/types.gen";

/** What every view has at hand: the state, the texts, and the page to act on. */
export interface View {
  c: Counter;
  page: Page;
  scanner?: Scanner;
  t: Texts;
  language: Language;
}

export const ViewContext = createContext<View>({
  c: empty,
  page: undefined as unknown as Page,
  t: texts("it"),
  language: "it",
});

/** useView gives the state, the texts, and the formats in the page's language. */
export function useView() {
  const view = useContext(ViewContext);
  const today = (instant: string) => sameDay(instant, new Date(Date.now() + (view.c.mirror?.clockOffset ?? 0)).toISOString());
  return {
    ...view,
    euro: (cents: number) => euro(cents, view.language),
    time: (instant: string) => time(instant, view.language),
    date: (instant: string) => date(instant, view.language),
    second: (instant: string) => second(instant, view.language),
    day: (isoDay: string) => day(isoDay, view.language),
    /** The card of a charge: its kind and what may be seen of its number. */
    card: (charge: Charge | undefined) => [view.t.office.story.cards[charge?.card ?? ""] ?? charge?.card, charge?.pan].filter(Boolean).join(" "),
    /** Who an operator's id is. */
    person: (id: string) => personOf(view.c.mirror?.operators, id),
    people: (ids: string[]) => ids.map((id) => personOf(view.c.mirror?.operators, id)).join(", "),
    /** Whether an instant is of today, at the counter. */
    today,
    /** The hour today, the day and the hour otherwise. */
    when: (instant: string) => (today(instant) ? time(instant, view.language) : `${date(instant, view.language)} ${time(instant, view.language)}`),
    elapsed,
  };
}

/** useCounter redraws with every change of the page's state. */
export function useCounter(page: Page): Counter {
  const [c, set] = useState(page.counter());
  useEffect(() => {
    set(page.counter());
    return page.subscribe(() => set(page.counter()));
  }, [page]);
  return c;
}

/** useNow ticks once a second while it is mounted: only where seconds are shown. */
export function useNow(offset: number): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now + offset;
}
