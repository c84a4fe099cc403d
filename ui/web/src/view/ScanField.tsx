import { useLayoutEffect, useRef } from "preact/hooks";
import { useView } from "./context";
import { fieldID, submitField } from "./keys";

export function ScanField() {
  const { c, page, scanner, t } = useView();
  const field = useRef<HTMLInputElement>(null);
  const aside = c.view !== "till"; // there it is one line above the view
  useLayoutEffect(() => {
    if (!aside) field.current?.focus();
  }, [aside]);
  return (
    <section class={`scan ${aside ? "scan-aside" : ""}`} aria-label={t.scan.heading}>
      <label class="form-label" for={fieldID}>
        {t.scan.label}
      </label>
      <div class="scan-row">
        <input
          ref={field}
          id={fieldID}
          class="form-control scan-field"
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={1000}
          aria-describedby="scan-hint"
        />
        <button type="button" class="btn btn-outline-primary" onClick={() => submitField(page, scanner)}>
          {t.scan.button}
        </button>
      </div>
      <p id="scan-hint" class={`hint ${c.remark ? "" : "hint-standing"}`}>
        {c.remark ? <strong>{c.remark.text}</strong> : t.scan.hint}
      </p>
    </section>
  );
}
