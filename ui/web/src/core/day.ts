// Calendar days as people type them. Everywhere else a day is 2026-11-22, which has no time zone.

/** isDay says that a text is a calendar day, 2026-11-22. */
export function isDay(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/**
 * dayOf reads a day as it is written by hand: 22/11/2026, 22.11.2026, 22 11 2026 or 22112026; undefined: none.
 * Only what is written to its end may have a year of two digits: 22/11/20 may yet become 22/11/2026.
 */
export function dayOf(typed: string, ended: boolean): string | undefined {
  const text = typed.trim();
  if (isDay(text)) return text;
  const m = /^(\d{1,2})[ ./-]+(\d{1,2})[ ./-]+(\d{4}|\d{2})$/.exec(text) ?? /^(\d{2})(\d{2})(\d{4}|\d{2})$/.exec(text);
  const [, day = "", month = "", year = ""] = m ?? [];
  if (year.length === 2 && !ended) return undefined;
  const iso = `${year.padStart(4, "20")}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return isDay(iso) ? iso : undefined;
}

/** mayBecomeDay says that a day may come of it with a few keys more. */
export function mayBecomeDay(typed: string): boolean {
  return typed.length < 10 && /^[\d ./-]*$/.test(typed) && typed.replace(/\D/g, "").length < 8;
}

/** moved is the day so many days later. */
export function moved(iso: string, days: number): string {
  return new Date(Date.parse(`${iso}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
