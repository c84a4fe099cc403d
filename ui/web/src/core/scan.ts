// A barcode scanner types like a keyboard, only faster. Read tells a scan from typing and swallows the
// Enter that ends it, so that it can never press a button: an Enter that arrives with a scan is not
// the clerk's. What was scanned is handed on raw; the service repairs layouts and separators.

/** A scan's keys are this close on average, in milliseconds; nobody types like that. */
export const maxGap = 50;
/** A longer pause ends whatever was being typed or scanned; a shorter one may be a busy PC. */
export const pause = 400;
/** Fewer characters than this are typing. */
export const minLength = 12;
/** After a scan no Enter counts for this long, in milliseconds: some scanners send CR and LF. */
export const quiet = 300;

// How the QR of a notice begins, whatever the keyboard makes of the rest.
const head = /^pagopa/i;

export interface ScanHost {
  /** The scan field, where stray characters go and where the focus returns. Undefined: nothing is scanned now. */
  field(): HTMLInputElement | undefined;
  onScan(code: string): void;
}

export class Scanner {
  private text = "";
  private opaque = false; // some keys said nothing readable (ALT + numpad, dead keys): read the field
  private keys = 0;
  private first = -Infinity;
  private last = -Infinity;
  private before: { input: Written; value: string } | undefined;
  private quietUntil = -Infinity;
  private swallowed = new Set<string>();

  constructor(
    private readonly host: ScanHost,
    // A key's own time, so that a busy page does not tear a scan apart.
    private readonly clock: (e?: Event) => number = (e) => e?.timeStamp || performance.now(),
  ) {}

  /** attach listens before anything else on the page; the function it returns stops that. */
  attach(target: Document): () => void {
    const down = (e: KeyboardEvent) => this.keydown(e);
    const up = (e: KeyboardEvent) => this.keyup(e);
    const paste = (e: ClipboardEvent) => this.paste(e);
    target.addEventListener("keydown", down, true);
    target.addEventListener("keyup", up, true);
    target.addEventListener("paste", paste, true);
    return () => {
      target.removeEventListener("keydown", down, true);
      target.removeEventListener("keyup", up, true);
      target.removeEventListener("paste", paste, true);
    };
  }

  /** isQuiet says that an Enter or a click now may still belong to the last scan. */
  isQuiet(): boolean {
    return this.clock() < this.quietUntil;
  }

  /** hush starts the quiet time: a code was taken in, from wherever. */
  hush(): void {
    this.quietUntil = this.clock() + quiet;
  }

  private keydown(e: KeyboardEvent): void {
    const field = this.host.field();
    if (!field) return this.reset();
    const now = this.clock(e);
    const running = now - this.last <= pause;
    if (isEnd(e, running)) {
      const scanned = running && now - this.first <= maxGap * this.keys;
      const code = scanned ? this.finished(field) : "";
      if (code.length >= minLength) {
        this.swallow(e);
        this.take(code, field);
        return;
      }
      this.reset();
      if (e.key === "Enter" && (e.repeat || now < this.quietUntil)) this.swallow(e);
      return;
    }
    const char = readable(e);
    if (char === undefined) {
      if (!silent(e)) this.reset();
      return;
    }
    if (!running) this.begin(field, now);
    this.last = now;
    this.keys++;
    if (char === "") this.opaque = true;
    else this.text += char;
    // From the first character on the field has the focus, so no later one can press a button.
    if (char !== " " && !editable(document.activeElement)) field.focus();
  }

  private keyup(e: KeyboardEvent): void {
    if (this.swallowed.delete(e.code || e.key)) {
      e.preventDefault();
      e.stopImmediatePropagation();
    }
  }

  private paste(e: ClipboardEvent): void {
    const field = this.host.field();
    if (!field || editable(e.target)) return;
    const text = e.clipboardData?.getData("text/plain").trim() ?? "";
    if (text === "") return;
    e.preventDefault();
    write(field, text);
    field.focus();
  }

  private begin(field: HTMLInputElement, now: number): void {
    this.reset();
    this.first = now;
    const active = document.activeElement;
    if (editable(active) && active !== field) this.before = { input: active, value: active.value };
  }

  private finished(field: HTMLInputElement): string {
    const written = field.value.trim();
    if (this.opaque) return written;
    // A PC that stood still for a moment tears a scan apart; the field has the whole of it.
    const torn = written.length > this.text.length && written.endsWith(this.text) && head.test(written) && !head.test(this.text);
    return torn ? written : this.text;
  }

  private take(code: string, field: HTMLInputElement): void {
    if (this.before) write(this.before.input, this.before.value);
    this.reset();
    this.hush();
    write(field, "");
    field.focus();
    this.host.onScan(code);
  }

  private swallow(e: KeyboardEvent): void {
    e.preventDefault();
    e.stopImmediatePropagation();
    this.swallowed.add(e.code || e.key);
  }

  private reset(): void {
    this.text = "";
    this.opaque = false;
    this.keys = 0;
    this.last = -Infinity;
    this.before = undefined;
  }
}

type Written = HTMLInputElement | HTMLTextAreaElement;

/** write sets an input's text the way a person would, so that whoever watches the input hears of it. */
export function write(input: Written, value: string): void {
  if (input.value === value) return;
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// Scanners end with Enter or Tab; some send the control characters themselves, Ctrl+M and Ctrl+J.
function isEnd(e: KeyboardEvent, running: boolean): boolean {
  if (e.key === "Enter") return true;
  if (!running) return false;
  return e.key === "Tab" || (e.ctrlKey && (e.key === "j" || e.key === "m"));
}

// readable is the character of a key, "" for one that ends up in the field without being named here,
// undefined for a key that writes nothing.
function readable(e: KeyboardEvent): string | undefined {
  if (e.altKey && e.code.startsWith("Numpad")) return "";
  if (e.key === "Dead" || e.key === "Process" || e.key === "Unidentified") return "";
  const chord = (e.ctrlKey || e.altKey || e.metaKey) && !e.getModifierState?.("AltGraph");
  return !chord && [...e.key].length === 1 ? e.key : undefined;
}

// silent keys may stand between the characters of a scan; others (Backspace, arrows) are a person's.
function silent(e: KeyboardEvent): boolean {
  return ["Shift", "CapsLock", "Alt", "AltGraph", "Control", "NumLock"].includes(e.key) || e.ctrlKey;
}

/** editable says that keys write text there; a box to tick or a choice is none. */
export function editable(target: EventTarget | null): target is Written {
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "submit"].includes(target.type);
  return target instanceof HTMLTextAreaElement;
}
