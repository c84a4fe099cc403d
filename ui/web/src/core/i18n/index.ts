import type { Language } from "../format";
import it, { type Texts } from "./it";

export type { Texts };

// Italian is part of the page; the others are fetched from the service where it is set to them.
const all: Partial<Record<Language, Texts>> = { it };
const elsewhere: Partial<Record<Language, () => Promise<{ default: Texts }>>> = { en: () => import("./en"), de: () => import("./de") };

/** languageOf reads the service's setting; what this page does not know, or has not fetched yet, is Italian. */
export function languageOf(setting: string | undefined): Language {
  const language = setting as Language;
  return all[language] ? language : "it";
}

/** fetchTexts brings a language that the page does not have yet; it says whether there is a new one. */
export async function fetchTexts(setting: string): Promise<boolean> {
  const language = setting as Language;
  const fetcher = elsewhere[language];
  if (all[language] || !fetcher) return false;
  try {
    all[language] = (await fetcher()).default;
    return true;
  } catch {
    return false; // the service is away: the next snapshot tries again
  }
}

/** texts gives the page's sentences in a language. */
export function texts(language: Language): Texts {
  return all[language] ?? it;
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
