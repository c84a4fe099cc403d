// The forms of services: a flat object of texts, numbers, and yes or no, as a JSON schema says. A form that
// asks for more than this page knows is shown as one that cannot be filled in here; the service checks again.

import { isDay } from "./day";

/** Field is one question of a form. */
export interface Field {
  name: string;
  title: string;
  kind: "text" | "number" | "integer" | "yes" | "choice" | "unsupported";
  required: boolean;
  hint?: string;
  choices?: string[];
  /** A choice among numbers. */
  numeric?: boolean;
  pattern?: RegExp;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  format?: string;
}

/** Wrong is why an entry cannot go out; with a bound where there is one. */
export interface Wrong {
  why: "needed" | "taxCode" | "amount" | "email" | "number" | "whole" | "least" | "most" | "short" | "long" | "pattern" | "date" | "unsupported";
  n?: number;
}

type Schema = Record<string, unknown>;

const object = (v: unknown): Schema | undefined => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Schema) : undefined);
const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : undefined);
const number = (v: unknown): number | undefined => (typeof v === "number" ? v : undefined);

/** readForm gives a schema's questions in their order; none for a service that asks nothing. */
export function readForm(schema: unknown): Field[] {
  const properties = object(object(schema)?.["properties"]) ?? {};
  const required = object(schema)?.["required"];
  const must = Array.isArray(required) ? required : [];
  const fields = Object.entries(properties).map(([name, v]) => readField(name, object(v) ?? {}, must.includes(name)));
  const order = (f: Field) => number(object(properties[f.name])?.["order"]) ?? 0;
  return fields.sort((a, b) => order(a) - order(b));
}

function readField(name: string, p: Schema, required: boolean): Field {
  const field: Field = {
    name,
    title: text(p["title"]) ?? name,
    kind: kindOf(p),
    numeric: p["type"] === "number" || p["type"] === "integer",
    required,
    hint: text(p["description"]),
    minLength: number(p["minLength"]),
    maxLength: number(p["maxLength"]),
    minimum: number(p["minimum"]),
    maximum: number(p["maximum"]),
    format: text(p["format"]),
  };
  if (Array.isArray(p["enum"])) field.choices = p["enum"].map(String);
  else if (p["const"] !== undefined) field.choices = [String(p["const"])];
  try {
    const pattern = text(p["pattern"]);
    if (pattern) field.pattern = new RegExp(pattern, "u");
  } catch {
    // A pattern that this browser cannot read is the service's to check.
  }
  return field;
}

const kinds: Record<string, Field["kind"]> = { string: "text", number: "number", integer: "integer", boolean: "yes" };

function kindOf(p: Schema): Field["kind"] {
  const kind = kinds[String(p["type"])] ?? "unsupported";
  if (kind === "unsupported" || kind === "yes") return kind;
  return Array.isArray(p["enum"]) || p["const"] !== undefined ? "choice" : kind;
}

/** check says what is wrong with an entry as it was typed; undefined: nothing. */
export function check(field: Field, typed: string): Wrong | undefined {
  const value = typed.trim();
  if (field.kind === "unsupported") return field.required ? { why: "unsupported" } : undefined;
  if (value === "") return field.required && field.kind !== "yes" ? { why: "needed" } : undefined;
  if (field.numeric) return checkNumber(field, value);
  const length = [...value].length;
  if (field.minLength !== undefined && length < field.minLength) return { why: "short", n: field.minLength };
  if (field.maxLength !== undefined && length > field.maxLength) return { why: "long", n: field.maxLength };
  if (field.format === "email" && !email.test(value)) return { why: "email" };
  if (field.format === "date" && !isDay(value)) return { why: "date" };
  return field.pattern && !field.pattern.test(value) ? { why: "pattern" } : undefined;
}

function checkNumber(field: Field, value: string): Wrong | undefined {
  const n = numberOf(value);
  if (n === undefined) return { why: "number" };
  if (field.kind === "integer" && !Number.isInteger(n)) return { why: "whole" };
  if (field.minimum !== undefined && n < field.minimum) return { why: "least", n: field.minimum };
  return field.maximum !== undefined && n > field.maximum ? { why: "most", n: field.maximum } : undefined;
}

// numberOf reads a number as Italians write it, too.
function numberOf(value: string): number | undefined {
  return /^-?\d+([.,]\d+)?$/.test(value) ? Number(value.replace(",", ".")) : undefined;
}

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** valueOf is an entry as the service takes it; undefined for one that was left empty. */
export function valueOf(field: Field, typed: string): string | number | boolean | undefined {
  const value = typed.trim();
  if (field.kind === "yes") return value === "yes" ? true : field.required ? false : undefined;
  if (value === "" || field.kind === "unsupported") return undefined;
  return field.numeric ? numberOf(value) : value;
}

/** Draft is a spontaneous payment being written. */
export interface Draft {
  company: boolean;
  taxCode: string;
  name: string;
  email: string;
  amount: string;
  reason: string;
  fields: Record<string, string>;
}

export const emptyDraft: Draft = { company: false, taxCode: "", name: "", email: "", amount: "", reason: "", fields: {} };

/** taxCodeOf reads a tax code or VAT number by its shape; the service knows the rest. */
export function taxCodeOf(typed: string, company = false): string | undefined {
  const code = typed.replace(/\s/g, "").toUpperCase();
  if (/^\d{11}$/.test(code)) return code;
  return !company && /^[A-Z0-9]{16}$/.test(code) && /[A-Z]/.test(code) ? code : undefined;
}

/** euroCents reads an amount as people type it: 1.234,50 or 12.5; undefined for anything else. */
export function euroCents(typed: string): number | undefined {
  const value = typed.trim().replace(/\s?€$/, "");
  const m = /^(\d{1,3}(?:\.\d{3})+|\d{1,6})(?:,(\d{1,2}))?$/.exec(value) ?? /^(\d{1,6})\.(\d{1,2})$/.exec(value);
  if (!m) return undefined;
  const cents = Number((m[1] ?? "").replaceAll(".", "")) * 100 + Number((m[2] ?? "").padEnd(2, "0"));
  return cents > 0 && cents <= 99_999_999 ? cents : undefined;
}

/** checkDraft gives what is wrong by the entry's name: debtor, name, email, amount, or "field NAME". */
export function checkDraft(draft: Draft, fields: Field[], fixedCents: number): Record<string, Wrong> {
  const wrong: Record<string, Wrong> = {};
  if (!taxCodeOf(draft.taxCode, draft.company)) wrong["taxCode"] = { why: "taxCode" };
  if (draft.name.trim() === "") wrong["name"] = { why: "needed" };
  if (draft.email.trim() !== "" && !email.test(draft.email.trim())) wrong["email"] = { why: "email" };
  if (fixedCents === 0 && euroCents(draft.amount) === undefined) wrong["amount"] = { why: "amount" };
  for (const f of fields) {
    const w = check(f, draft.fields[f.name] ?? "");
    if (w) wrong[`field ${f.name}`] = w;
  }
  return wrong;
}
