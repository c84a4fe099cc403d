// The help of each view: texts and no script, fetched when somebody asks for them, as most never do.

import type { Language } from "./format";
import it from "./i18n/help.it.json?url";
import en from "./i18n/help.en.json?url";
import de from "./i18n/help.de.json?url";
import type { ViewName } from "./office";

/** Help is what there is to say about each view, and about signing in. */
export type Help = Record<ViewName | "login", { text: readonly string[]; keys?: readonly (readonly [key: string, does: string])[] }>;

const places: Record<Language, string> = { it, en, de };

/** fetchHelp brings the help in a language; it fails where the service is away. */
export async function fetchHelp(language: Language): Promise<Help> {
  const response = await fetch(places[language], { credentials: "omit" });
  if (!response.ok) throw new Error(`help: ${response.status}`);
  return (await response.json()) as Help;
}
