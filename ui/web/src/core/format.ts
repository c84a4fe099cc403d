// How amounts, dates and numbers are written for people. Amounts are integer cents everywhere else.

export type Language = "it" | "en" | "de";

const locales: Record<Language, string> = { it: "it-IT", en: "en-GB", de: "de-AT" };

// The counter's wall clock, whatever the PC says (design 7).
const zone = "Europe/Rome";

/** euro writes cents as Italians do: 1.234,56 €. A no-break space keeps the sign on the line. */
export function euro(cents: number, language: Language = "it"): string {
  const sign = cents < 0 ? "-" : "";
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, "0");
  const group = language === "en" ? "," : ".";
  const point = language === "en" ? "." : ",";
  const grouped = String(whole).replace(/\B(?=(\d{3})+(?!\d))/g, group);
  return `${sign}${grouped}${point}${rest}\u00a0€`;
}

/** time is the hour and minute of an RFC 3339 instant at the counter. */
export function time(instant: string, language: Language = "it"): string {
  return write(instant, language, { hour: "2-digit", minute: "2-digit" });
}

/** hourOf is the hour of the day at the counter, 0 to 23. */
export function hourOf(instant: string): number {
  return Number(write(instant, "it", { hour: "2-digit" }));
}

/** second is the hour, minute and second, where a slip is compared. */
export function second(instant: string, language: Language = "it"): string {
  return write(instant, language, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** date is the day of an RFC 3339 instant at the counter. */
export function date(instant: string, language: Language = "it"): string {
  return write(instant, language, { day: "2-digit", month: "2-digit", year: "numeric" });
}

/** day writes a calendar day (2006-01-02), which has no time zone. */
export function day(isoDay: string, language: Language = "it"): string {
  const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(isoDay);
  return m ? [m[3], m[2], m[1]].join(language === "de" ? "." : "/") : isoDay;
}

/** sameDay says whether two instants fall on one day at the counter. */
export function sameDay(a: string, b: string): boolean {
  return date(a) === date(b);
}

/** notice groups the 18 digits of a notice number by four, as on the printed notice. */
export function notice(number: string): string {
  return number.replace(/(\d{4})(?=\d)/g, "$1\u00a0");
}

/** seconds counts whole seconds from an instant to now (milliseconds since 1970), never below zero. */
export function seconds(since: string, now: number): number {
  const from = Date.parse(since);
  return Number.isNaN(from) ? 0 : Math.max(0, Math.floor((now - from) / 1000));
}

/** elapsed writes seconds as a stopwatch does: 9 s, 75 s, then 3 min 05 s. */
export function elapsed(total: number): string {
  if (total < 120) return `${total}\u00a0s`;
  return `${Math.floor(total / 60)}\u00a0min ${String(total % 60).padStart(2, "0")}\u00a0s`;
}

function write(instant: string, language: Language, how: Intl.DateTimeFormatOptions): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "";
  return new Intl.DateTimeFormat(locales[language], { ...how, timeZone: zone, hourCycle: "h23" }).format(at);
}
