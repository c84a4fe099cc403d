import { describe, expect, it } from "vitest";
import { check, checkDraft, emptyDraft, euroCents, readForm, taxCodeOf, valueOf } from "../src/core/forms";

const schema = {
  type: "object",
  required: ["classe", "pasti"],
  properties: {
    classe: { type: "string", title: "Classe", pattern: "^[1-5][A-Z]$", order: 1 },
    pasti: { type: "integer", minimum: 1, maximum: 31, order: 2 },
    quota: { type: "number", minimum: 0.5, order: 3 },
    dieta: { type: "boolean", title: "Dieta speciale", order: 4 },
    turno: { type: "string", enum: ["mattina", "sera"], order: 5 },
    piano: { type: "integer", enum: [1, 2], order: 6 },
    dal: { type: "string", format: "date", order: 7 },
    posta: { type: "string", format: "email", order: 8 },
    nota: { type: "string", minLength: 3, maxLength: 5, order: 9 },
    altro: { type: "array", order: 10 },
  },
};
const fields = readForm(schema);
const field = (name: string) => fields.find((f) => f.name === name)!;

describe("a service's form", () => {
  it("is read in its order, with what it asks", () => {
    expect(fields.map((f) => f.name)).toEqual(Object.keys(schema.properties));
    expect(field("classe")).toMatchObject({ title: "Classe", kind: "text", required: true });
    expect(field("turno")).toMatchObject({ kind: "choice", choices: ["mattina", "sera"], required: false });
    expect(field("altro").kind).toBe("unsupported");
  });

  it.each([null, undefined, [], "x", 7, {}, { properties: 3 }, { properties: { a: 1 } }])("%j asks nothing that breaks the page", (odd) => {
    expect(Array.isArray(readForm(odd))).toBe(true);
  });

  it("keeps a pattern that no browser reads to the service", () => {
    expect(check(readForm({ properties: { a: { type: "string", pattern: "(?<" } } })[0]!, "x")).toBeUndefined();
  });

  it.each([
    ["classe", "", { why: "needed" }],
    ["classe", "7B", { why: "pattern" }],
    ["classe", "2B", undefined],
    ["pasti", "due", { why: "number" }],
    ["pasti", "2,5", { why: "whole" }],
    ["pasti", "0", { why: "least", n: 1 }],
    ["pasti", "32", { why: "most", n: 31 }],
    ["quota", "0,75", undefined],
    ["quota", "", undefined],
    ["dal", "2026-02-31x", { why: "date" }],
    ["dal", "2026-02-28", undefined],
    ["posta", "a@b", { why: "email" }],
    ["nota", "ab", { why: "short", n: 3 }],
    ["nota", "abcdef", { why: "long", n: 5 }],
    ["altro", "x", undefined],
  ])("%s %j", (name, typed, want) => expect(check(field(name), typed)).toEqual(want));

  it.each([
    ["pasti", "12", 12],
    ["quota", "0,75", 0.75],
    ["dieta", "yes", true],
    ["dieta", "", undefined],
    ["turno", "sera", "sera"],
    ["piano", "2", 2],
    ["classe", " 2B ", "2B"],
    ["nota", "", undefined],
    ["altro", "x", undefined],
  ])("%s %j goes out as %j", (name, typed, want) => expect(valueOf(field(name), typed)).toBe(want));
});

it.each([
  ["12", 1200],
  ["12,5", 1250],
  ["12.50", 1250],
  ["1.234,50", 123450],
  ["1.234", 123400],
  ["12,50 €", 1250],
  ["0", undefined],
  ["0,00", undefined],
  ["12,345", undefined],
  ["-3", undefined],
  ["1.23.4", undefined],
  ["", undefined],
  ["1000000", undefined],
])("%j is %j cents", (typed, cents) => expect(euroCents(typed)).toBe(cents));

it.each([
  [" rssmra80a01h501u ", false, "RSSMRA80A01H501U"],
  ["01199250158", true, "01199250158"],
  ["RSSMRA80A01H501U", true, undefined],
  ["302001000000000142", false, undefined],
  ["1234567890123456", false, undefined],
])("%j as a tax code", (typed, company, want) => expect(taxCodeOf(typed, company)).toBe(want));

it("a draft says all that is wrong, and nothing when it is complete", () => {
  expect(Object.keys(checkDraft(emptyDraft, fields, 0)).sort()).toEqual(["amount", "field classe", "field pasti", "name", "taxCode"]);
  const draft = { ...emptyDraft, taxCode: "RSSMRA80A01H501U", name: "Mario Rossi", fields: { classe: "2B", pasti: "12" } };
  expect(checkDraft(draft, fields, 4500)).toEqual({});
});
