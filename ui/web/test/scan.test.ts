import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { quiet, Scanner } from "../src/core/scan";

const qr = "PAGOPA|002|302001000000000142|01199250158|4250";

let now = 1000;
let scanned: string[];
let detach: () => void;
let scanner: Scanner;
let field: HTMLInputElement;
let button: HTMLButtonElement;
let pressed: number;
let enabled = true;

beforeEach(() => {
  document.body.innerHTML = `<input id="f"><input id="other"><button id="b">Incassa</button>`;
  field = document.querySelector("#f")!;
  button = document.querySelector("#b")!;
  pressed = 0;
  scanned = [];
  now = 1000;
  enabled = true;
  scanner = new Scanner({ field: () => (enabled ? field : undefined), onScan: (c) => scanned.push(c) }, () => now);
  detach = scanner.attach(document);
});
afterEach(() => detach());

/** key does what a browser does: keydown, and if nobody objects, the text or the click. */
function key(k: string, gap = 8, init: KeyboardEventInit = {}) {
  now += gap;
  const e = new KeyboardEvent("keydown", { key: k, bubbles: true, cancelable: true, ...init });
  const target = document.activeElement ?? document.body;
  if (target.dispatchEvent(e)) {
    const active = document.activeElement;
    if (k.length === 1 && active instanceof HTMLInputElement && !init.ctrlKey && !init.altKey) active.value += k;
    if ((k === "Enter" || k === " ") && active === button) pressed++;
  }
  return e;
}

function type(text: string, gap = 8) {
  for (const k of text) key(k, gap);
}

describe("a scan", () => {
  it.each([2, 8, 30, 50])("of %i ms a key is one code, and its Enter is swallowed", (gap) => {
    type(qr, gap);
    expect(key("Enter", gap).defaultPrevented).toBe(true);
    expect(scanned).toEqual([qr]);
    expect(field.value).toBe("");
    expect(document.activeElement).toBe(field);
  });

  it("torn apart by a PC that stood still is read from the field", () => {
    field.focus();
    type(qr.slice(0, 20));
    now += 900;
    type(qr.slice(20));
    key("Enter");
    expect(scanned).toEqual([qr]);
  });

  it("after something typed is the scan alone", () => {
    field.focus();
    type("302", 120);
    now += 900;
    type(qr);
    key("Enter");
    expect(scanned).toEqual([qr]);
  });

  it("in a longer text leaves the text, and on a choice goes to the field", () => {
    document.body.insertAdjacentHTML("beforeend", `<textarea id="note">Visto</textarea><input type="radio" id="r">`);
    const note = document.querySelector<HTMLTextAreaElement>("#note")!;
    note.focus();
    for (const k of qr) {
      key(k);
      note.value += k;
    }
    key("Enter");
    expect(scanned).toEqual([qr]);
    expect(note.value).toBe("Visto");
    document.querySelector<HTMLInputElement>("#r")!.focus();
    type(qr);
    key("Enter");
    expect(scanned).toEqual([qr, qr]);
    expect(document.activeElement).toBe(field);
  });

  it.each([1, 20, 45])("may stall once, after %i characters, on a busy PC", (at) => {
    type(qr.slice(0, at));
    now += 300;
    type(qr.slice(at));
    key("Enter");
    expect(scanned).toEqual([qr]);
  });

  it("is handed on raw when the keyboard layout damaged it", () => {
    type(qr.replaceAll("|", "§"));
    key("Enter");
    expect(scanned).toEqual([qr.replaceAll("|", "§")]);
  });

  it("ignores Shift and Caps Lock between the characters", () => {
    for (const k of qr) {
      if (/[A-Z|]/.test(k)) key("Shift");
      key(k, 4);
    }
    key("Enter");
    expect(scanned).toEqual([qr]);
  });

  it("presses no button that has the focus, neither by Enter nor by a space", () => {
    button.focus();
    type("codfase=NBPA;18 0000 1234 5678;0312");
    key("Enter");
    expect(scanned).toHaveLength(1);
    expect(pressed).toBe(0);
  });

  it("ends with Tab, Ctrl+M or Ctrl+J as well, and the browser never sees them", () => {
    for (const end of [["Tab", {}], ["j", { ctrlKey: true }], ["m", { ctrlKey: true }]] as const) {
      type(qr);
      expect(key(end[0], 8, end[1]).defaultPrevented).toBe(true);
    }
    expect(scanned).toEqual([qr, qr, qr]);
  });

  it("swallows a second Enter within the quiet time, and lets a later one through", () => {
    type(qr);
    key("Enter");
    button.focus();
    expect(key("Enter", quiet - 10).defaultPrevented).toBe(true);
    expect(scanner.isQuiet()).toBe(true);
    expect(key("Enter", 20).defaultPrevented).toBe(false);
    expect(pressed).toBe(1);
  });

  it("gives another field back the text it had", () => {
    const other = document.querySelector<HTMLInputElement>("#other")!;
    other.value = "nota";
    other.focus();
    type(qr);
    key("Enter");
    expect(other.value).toBe("nota");
    expect(scanned).toEqual([qr]);
  });

  it("leaves out what was typed in the field before it", () => {
    field.focus();
    type("30", 150);
    now += 500;
    type(qr);
    key("Enter");
    expect(scanned).toEqual([qr]);
    expect(field.value).toBe("");
  });

  it("with keys that name no character is read from the field", () => {
    field.focus();
    for (const digit of "0124".repeat(5)) key(digit, 5, { altKey: true, code: `Numpad${digit}` });
    field.value = qr; // the system wrote it when Alt was released
    expect(key("Enter", 5).defaultPrevented).toBe(true);
    expect(scanned).toEqual([qr]);
  });

  it("is nobody's while there is no field, as at the login", () => {
    enabled = false;
    type(qr);
    expect(key("Enter").defaultPrevented).toBe(false);
    expect(scanned).toEqual([]);
  });
});

describe("typing", () => {
  it.each([90, 120])("at %i ms a key is not a scan", (gap) => {
    type("302001000000000142", gap);
    expect(key("Enter", gap).defaultPrevented).toBe(false);
    expect(scanned).toEqual([]);
    expect(field.value).toBe("302001000000000142");
  });

  it("with quick pairs of keys is not a scan", () => {
    for (const pair of "302001000000000142".match(/../g)!) {
      now += 150;
      type(pair, 30);
    }
    expect(key("Enter", 30).defaultPrevented).toBe(false);
    expect(scanned).toEqual([]);
  });

  it("of a few fast keys is not a scan", () => {
    field.focus();
    type("12345678901");
    expect(key("Enter").defaultPrevented).toBe(false);
    expect(scanned).toEqual([]);
  });

  it("from anywhere goes to the field", () => {
    button.focus();
    type("302", 120);
    expect(field.value).toBe("302");
  });

  it("a held Enter repeats nothing", () => {
    button.focus();
    expect(key("Enter", 1000).defaultPrevented).toBe(false);
    expect(key("Enter", 30, { repeat: true }).defaultPrevented).toBe(true);
    expect(pressed).toBe(1);
  });

  it("a pasted code goes to the field wherever the focus is", () => {
    const heard = vi.fn();
    field.addEventListener("input", heard);
    const paste = new Event("paste", { bubbles: true, cancelable: true });
    Object.assign(paste, { clipboardData: { getData: () => `${qr}\r\n` } });
    document.body.dispatchEvent(paste);
    expect(field.value).toBe(qr);
    expect(heard).toHaveBeenCalledOnce();
    expect(scanned).toEqual([]);
  });
});
