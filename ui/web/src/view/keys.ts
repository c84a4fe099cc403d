import type { Page } from "../core/page";
import { editable, write, type Scanner } from "../core/scan";

/** The id of the list of views: where F8 goes. */
export const navID = "views";

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

/** attachKeys gives the page its keys: Enter, Esc, F1 or ?, F2, F4, F8, F9, those of the cart, and nothing else. */
export function attachKeys(target: Document, page: Page, scanner: Scanner): () => void {
  const down = (e: KeyboardEvent) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
    const { help } = page.counter().office;
    if (e.key === "F1" || (e.key === "?" && !editable(e.target)) || (e.key === "Escape" && help)) {
      e.preventDefault();
      return page.desk.help(!help);
    }
    const field = scanField();
    if (!field) return; // nobody has signed in
    switch (e.key) {
      case "Enter":
        // A button that has the focus is pressed by its own Enter: once, however long the key is held.
        if (e.target instanceof Element && e.target.closest("button, a, summary")) return e.repeat ? e.preventDefault() : undefined;
        if (e.repeat) return;
        // What is being written elsewhere is no notice, and Enter sends nothing there: see Confirm.
        if (e.target !== field && page.counter().view !== "till") return;
        e.preventDefault();
        if (!submitField(page, scanner) && !scanner.isQuiet()) page.primary();
        return;
      case "Escape":
        e.preventDefault();
        if (page.counter().view !== "till" && field.value === "") return leave(page, field, e.target);
        if (field.value !== "") write(field, "");
        else page.clear();
        field.focus();
        return;
      case "F2":
        e.preventDefault();
        page.terminals.change();
        field.focus();
        return;
      case "F4":
        e.preventDefault();
        page.takePen();
        field.focus();
        return;
      case "F9":
        e.preventDefault();
        if (!e.repeat) void page.lock();
        return;
      case "Delete":
      case "ArrowUp":
      case "ArrowDown":
        // In a text they move and rub out; in the empty field they are the cart's.
        if (page.counter().view !== "till" || field.value !== "" || (e.target !== field && e.target !== document.body)) return;
        if (e.key === "Delete" ? page.basket.remove() : page.basket.pick(e.key === "ArrowUp" ? -1 : 1)) e.preventDefault();
        return;
      case "F8":
        e.preventDefault();
        document.querySelector<HTMLElement>(`#${navID} [aria-current]`)?.focus();
    }
  };
  // The second click of a double click was meant for what stood there before: it presses nothing.
  const click = (e: MouseEvent) => {
    if (e.detail < 2 || !(e.target instanceof Element && e.target.closest("button"))) return;
    e.preventDefault();
    e.stopImmediatePropagation();
  };
  target.addEventListener("keydown", down);
  target.addEventListener("click", click, true);
  return () => {
    target.removeEventListener("keydown", down);
    target.removeEventListener("click", click, true);
  };
}

// leave goes back from a view; from a text that is being written it only steps out, so that nothing is lost.
function leave(page: Page, field: HTMLInputElement, from: EventTarget | null): void {
  if (editable(from) && from !== field && from.value !== "") return document.querySelector<HTMLElement>(".view-title")?.focus();
  page.back();
}
