// The help of each view, fetched when somebody asks for it: most never do.

import type { Language } from "./format";
import type { ViewName } from "./office";

/** Help is what there is to say about each view. */
export type Help = Record<ViewName, { text: readonly string[]; keys?: readonly (readonly [key: string, does: string])[] }>;

const fetchers: Record<Language, () => Promise<{ default: Help }>> = {
  it: () => import("./i18n/help.it"),
  en: () => import("./i18n/help.en"),
  de: () => import("./i18n/help.de"),
};

/** fetchHelp brings the help in a language; it fails where the service is away. */
export async function fetchHelp(language: Language): Promise<Help> {
  return (await fetchers[language]()).default;
}
