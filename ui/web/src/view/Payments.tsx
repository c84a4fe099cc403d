import { useEffect, useRef } from "preact/hooks";
import type { Payment } from "../core/types.gen";
import { useView } from "./context";
import { decides } from "./Outcome";
import { Facts, Says } from "./parts";
import { PaymentTable, RowButton, stateTone } from "./PaymentTable";
import { registrationOf } from "./registration";
import { PrintButton, Slip } from "./Slip";

/** Payments is today's list: state, amount, notice, STAN, time. A row opens in place. */
export function Payments() {
  const { c, page, t, euro, today } = useView();
  const payments = c.mirror?.payments ?? [];
  const charged = payments.filter((p) => p.state === "charged" && today(p.created_at));
  const total = charged.reduce((sum, p) => sum + (p.charge?.amount_cents || p.amount_cents), 0);
  return (
    <section class="panel payments" aria-labelledby="payments-title">
      <div class="payments-head">
        <h2 id="payments-title">{t.payments.heading}</h2>
        {charged.length > 0 && <p class="hint">{t.payments.summary(charged.length, euro(total))}</p>}
      </div>
      {payments.length === 0 ? (
        <p class="hint">{c.mirror && t.payments.empty}</p>
      ) : (
        <PaymentTable
          payments={payments}
          label={t.payments.scroll}
          end={(p, amount, when) => (
            <RowButton text={t.payments.detail} label={t.payments.detailOf(amount, when)} open={c.detail === p.id} onClick={() => page.open(c.detail === p.id ? undefined : p.id)} />
          )}
          under={(p) => c.detail === p.id && <Detail payment={p} />}
        />
      )}
    </section>
  );
}

function Detail({ payment: p }: { payment: Payment }) {
  const { page, t, card, euro, person } = useView();
  const reasons = p.notices.flatMap((n) => (n.reason ? [n.reason] : []));
  const reg = registrationOf(p);
  const box = useRef<HTMLDivElement>(null);
  // The whole of it comes into sight, from its row on.
  useEffect(() => box.current?.closest("tr")?.previousElementSibling?.scrollIntoView(), []);
  return (
    <div class="detail" ref={box}>
      <div>
        {p.reason && p.reason.code !== "approved" && <Says reason={p.reason} tone={stateTone(p)} />}
        {p.needs_people && (p.state === "unknown" || p.state === "reversing") && <p>{decides(t, p)}</p>}
        {reasons.map((r) => (
          <Says key={r.code} reason={r} tone="warn" />
        ))}
        <Facts
          of={[
            [t.debt.reason, p.notices.map((n) => n.description).filter(Boolean).join("; ")],
            [t.facts.registered, p.state === "charged" ? t.registered[reg] : undefined],
            [t.detail.receiptNumber, p.receipt_number],
            [t.detail.reference, p.reference],
            [t.detail.chargedAmount, p.charge?.amount_cents && p.charge.amount_cents !== p.amount_cents ? euro(p.charge.amount_cents) : undefined],
            [t.payments.stan, p.charge?.stan],
            [t.detail.authCode, p.charge?.auth_code],
            [t.detail.card, card(p.charge)],
            [t.detail.pagopaReceipt, p.notices.map((n) => n.receipt_id).filter(Boolean).join(", ")],
            [t.detail.operator, person(p.operator)],
            [t.detail.retryOf, p.retry_of],
          ]}
        />
      </div>
      <div>
        <Slip payment={p} />
        <PrintButton id={p.id} />
        <button type="button" class="btn btn-link btn-xs" onClick={() => page.tell(p.id)}>
          <span>{t.office.openStory}</span>
        </button>
      </div>
    </div>
  );
}
