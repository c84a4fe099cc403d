import type { Language } from "../format";
import type { Texts } from "./it";

export type { Texts };

// A counter loads one language: the one that the service is set to, which the page's own first line says.
const fetchers: Record<Language, () => Promise<{ default: Texts }>> = { it: () => import("./it"), en: () => import("./en"), de: () => import("./de") };
const all: Partial<Record<Language, Texts>> = {};
// The one that was there first: it stands until another has come.
let first: Language = "it";

/** languageOf reads the service's setting; what this page does not know, or has not fetched yet, is as it began. */
export function languageOf(setting: string | undefined): Language {
  const language = setting as Language;
  return all[language] ? language : first;
}

/** fetchTexts brings a language that the page does not have yet; it says whether there is a new one. */
export async function fetchTexts(setting: string): Promise<boolean> {
  const language = setting as Language;
  const fetcher = fetchers[language];
  if (all[language] || !fetcher) return false;
  try {
    const texts = (await fetcher()).default;
    if (Object.keys(all).length === 0) first = language;
    all[language] = texts;
    return true;
  } catch {
    return false; // the service is away: the next snapshot tries again
  }
}

/** texts gives the page's sentences in a language. */
export function texts(language: Language): Texts {
  return (all[language] ?? all[first]) as Texts; // main.tsx draws nothing before there is one
}

/** phaseText is the plain phrase for a phase; one that this version does not know is still in progress. */
export function phaseText(t: Texts, phase: string): string {
  return (t.phases as Record<string, string>)[phase] ?? t.phases.other;
}

/** turnText says whose turn it is in a phase. */
export function turnText(t: Texts, phase: string): string {
  switch (phase) {
    case "":
      return t.turns.platform;
    case "card":
    case "pin":
      return t.turns.citizen;
    case "bank":
      return t.turns.bank;
    case "receipt":
    case "verifying":
      return t.turns.terminal;
    default:
      return t.turns.service;
  }
}
