import { stage } from "../core/counter";
import type { Payment } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";

/** StageSlip is the slip of the payment that the work area shows. */
export function StageSlip() {
  const { c, t } = useView();
  const payment = shown(c);
  if (!payment?.has_receipt || !c.slips[payment.id]) return null;
  return (
    <section class="panel slip-panel" aria-labelledby="slip-title">
      <div class="slip-head">
        <h2 id="slip-title">{t.slip.heading}</h2>
        <PrintButton id={payment.id} />
      </div>
      <Slip payment={payment} />
    </section>
  );
}

/** Slip is the terminal's own paper, monospaced as it was sent (24 or 42 columns). */
export function Slip({ payment }: { payment: Payment }) {
  const { c, t } = useView();
  const slip = c.slips[payment.id];
  if (!payment.has_receipt) return <p class="hint">{t.slip.none}</p>;
  if (!slip) return <p class="hint">{t.terminal.busy}</p>;
  if (slip.error) {
    return (
      <p class="hint">
        {slip.error.message} {slip.error.hint}
      </p>
    );
  }
  return (
    <>
      {!slip.complete && <p class="hint">{t.slip.partial}</p>}
      <pre class="slip" tabIndex={0} aria-label={t.slip.heading}>
        {slip.text}
      </pre>
    </>
  );
}

/** PrintButton sends a slip to the browser's printer. */
export function PrintButton({ id }: { id: string }) {
  const { c, page, t } = useView();
  if (!c.slips[id]?.text) return null;
  return (
    <button type="button" class="btn btn-link btn-xs print-button" onClick={() => page.slips.print(id)}>
      <Icon name="print" />
      <span>{t.slip.print}</span>
    </button>
  );
}

/** PrintedSlip is all that a printer sees: the slip asked for, else the one on the screen. */
export function PrintedSlip() {
  const { c } = useView();
  const id = c.printing ?? c.detail ?? shown(c)?.id;
  const slip = id ? c.slips[id] : undefined;
  return <pre class="printed-slip">{slip?.text}</pre>;
}

function shown(c: Parameters<typeof stage>[0]): Payment | undefined {
  const at = stage(c);
  return "payment" in at ? at.payment : undefined;
}
