import type { Language } from "../format";
import de from "./de";
import en from "./en";
import it, { type Texts } from "./it";

export type { Texts };

const all: Record<Language, Texts> = { it, en, de };

/** languageOf reads the service's setting; what this page does not know is Italian. */
export function languageOf(setting: string | undefined): Language {
  return setting === "en" || setting === "de" ? setting : "it";
}

/** texts gives the page's sentences in a language. */
export function texts(language: Language): Texts {
  return all[language];
}

/** phaseText is the plain phrase for a phase; one that this version does not know is still in progress. */
export function phaseText(t: Texts, phase: string): string {
  return (t.phases as Record<string, string>)[phase] ?? t.phases.other;
}

/** turnText says whose turn it is in a phase. */
export function turnText(t: Texts, phase: string): string {
  switch (phase) {
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
