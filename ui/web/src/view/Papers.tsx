import { fileOf, printOf } from "../core/office";
import type { Payment } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import { Refused } from "./people";
import { Says } from "./parts";

/** SaveButton fetches a file that the service makes, and saves it. */
export function SaveButton({ path, text, body }: { path: string; text: string; body?: object }) {
  const { c, page, t } = useView();
  const busy = c.office.asked[fileOf(path)]?.busy;
  return (
    <button type="button" class="btn btn-outline-primary btn-xs" disabled={busy || c.link !== "online"} onClick={() => void page.desk.files.save(path, body)}>
      {busy ? t.office.busy : text}
    </button>
  );
}

/** Papers are what leaves the counter about a payment: printed here or by the service, or saved as PDF. */
export function Papers({ payment: p }: { payment: Payment }) {
  const { c, t } = useView();
  const { papers } = t.office;
  const printer = c.mirror?.printer;
  const base = `payments/${encodeURIComponent(p.id)}`;
  const attested = p.state === "charged";
  const receipts = p.notices.map((n, i) => ({ n, i })).filter(({ n }) => n.has_registration_receipt || n.has_pdf || n.registration === "registered");
  const said: (string | undefined)[] = ["slip", "attestation"].map((what) => c.office.asked[printOf(p.id, what)]?.error?.code); // told below
  const paths = [`${base}/attestation`, ...receipts.map(({ i }) => `${base}/receipt?notice=${i + 1}&format=pdf`)];
  if (!attested && receipts.length === 0 && !(printer && p.has_receipt)) return null;
  return (
    <div class="papers">
      <h4>{papers.heading}</h4>
      <p class="actions">
        {attested && <SaveButton path={paths[0] ?? ""} text={papers.attestation} />}
        {receipts.map(({ i }) => (
          <SaveButton key={i} path={`${base}/receipt?notice=${i + 1}&format=pdf`} text={p.notices.length > 1 ? papers.receiptOf(i + 1) : papers.receipt} />
        ))}
      </p>
      {paths.map((path) => (
        <Refused key={path} of={c.office.asked[fileOf(path)]} />
      ))}
      {printer && (
        <>
          <p class="actions">
            {p.has_receipt && <PrintHere payment={p} what="slip" text={papers.printSlip} />}
            {attested && <PrintHere payment={p} what="attestation" text={papers.printAttestation} />}
          </p>
          {printer.reason && !said.includes(printer.reason.code) && <Says reason={printer.reason} tone="warn" />}
          {printer.waiting > 0 && <p class="hint">{papers.waiting(printer.waiting)}</p>}
          <Refused of={c.office.asked[printOf(p.id, "slip")]} />
          <Refused of={c.office.asked[printOf(p.id, "attestation")]} />
        </>
      )}
    </div>
  );
}

function PrintHere({ payment: p, what, text }: { payment: Payment; what: "slip" | "attestation"; text: string }) {
  const { c, page, t } = useView();
  const busy = c.office.asked[printOf(p.id, what)]?.busy;
  return (
    <button type="button" class="btn btn-outline-primary btn-xs" disabled={busy || c.link !== "online"} onClick={() => void page.desk.print(p.id, what)}>
      <Icon name="print" /> {busy ? t.office.busy : text}
    </button>
  );
}
