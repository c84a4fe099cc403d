import type { Page } from "../core/page";
import { write, type Scanner } from "../core/scan";

/** The scan field's id: where scans, stray keys and the focus go. */
export const fieldID = "scan";

/** scanField is the field when there is one on the screen. */
export function scanField(): HTMLInputElement | undefined {
  const field = document.getElementById(fieldID);
  return field instanceof HTMLInputElement ? field : undefined;
}

/** submitField looks up what was typed; it says whether there was anything. */
export function submitField(page: Page, scanner?: Scanner): boolean {
  const field = scanField();
  const code = field?.value.trim() ?? "";
  if (!field || code === "") return false;
  scanner?.hush();
  write(field, "");
  page.take(code);
  field.focus();
  return true;
}

/** attachKeys gives the page its four keys: Enter, Esc, F2, and nothing else. */
export function attachKeys(target: Document, page: Page, scanner: Scanner): () => void {
  const down = (e: KeyboardEvent) => {
    const field = scanField();
    if (!field || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
    switch (e.key) {
      case "Enter":
        // A button that has the focus is pressed by its own Enter.
        if (e.repeat || (e.target instanceof Element && e.target.closest("button, a, summary"))) return;
        e.preventDefault();
        if (!submitField(page, scanner) && !scanner.isQuiet()) page.primary();
        return;
      case "Escape":
        e.preventDefault();
        if (field.value !== "") write(field, "");
        else page.clear();
        field.focus();
        return;
      case "F2":
        e.preventDefault();
        page.change();
        field.focus();
    }
  };
  target.addEventListener("keydown", down);
  return () => target.removeEventListener("keydown", down);
}
