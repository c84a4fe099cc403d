import { useEffect, useRef } from "preact/hooks";
import { notice, sameDay } from "../core/format";
import type { Payment } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import { decides } from "./Outcome";
import { Facts, Says, type Tone } from "./parts";
import { registrationOf, registrationTone } from "./registration";
import { PrintButton, Slip } from "./Slip";

/** Payments is today's list: state, amount, notice, STAN, time. A row opens in place. */
export function Payments() {
  const { c, t, euro } = useView();
  const payments = c.mirror?.payments ?? [];
  const today = new Date(Date.now() + (c.mirror?.clockOffset ?? 0)).toISOString();
  const charged = payments.filter((p) => p.state === "charged" && sameDay(p.created_at, today));
  const total = charged.reduce((sum, p) => sum + (p.charge?.amount_cents || p.amount_cents), 0);
  const several = (c.mirror?.terminals.length ?? 0) > 1;
  return (
    <section class="panel payments" aria-labelledby="payments-title">
      <div class="payments-head">
        <h2 id="payments-title">{t.payments.heading}</h2>
        {charged.length > 0 && <p class="hint">{t.payments.summary(charged.length, euro(total))}</p>}
      </div>
      {payments.length === 0 ? (
        <p class="hint">{c.mirror && t.payments.empty}</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="region" aria-label={t.payments.scroll}>
          <table class="table table-sm">
            <thead>
              <tr>
                <th scope="col">{t.payments.time}</th>
                <th scope="col" class="right">
                  {t.payments.amount}
                </th>
                <th scope="col">{t.payments.charged}</th>
                <th scope="col">{t.payments.registered}</th>
                <th scope="col" class="wide">{t.payments.reason}</th>
                <th scope="col">{t.payments.notice}</th>
                <th scope="col" class="wide">{t.payments.stan}</th>
                {several && <th scope="col" class="wide">{t.payments.terminal}</th>}
                <th scope="col">
                  <span class="visually-hidden">{t.payments.detail}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {payments.map((p) => (
                <Row key={p.id} payment={p} several={several} today={today} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ payment: p, several, today }: { payment: Payment; several: boolean; today: string }) {
  const { c, page, t, euro, time, date } = useView();
  const open = c.detail === p.id;
  const reg = registrationOf(p);
  const when = sameDay(p.created_at, today) ? time(p.created_at) : `${date(p.created_at)} ${time(p.created_at)}`;
  const amount = euro(p.charge?.amount_cents || p.amount_cents);
  const terminal = c.mirror?.terminals.find((x) => x.name === p.terminal);
  return (
    <>
      <tr class={open ? "row-open" : ""} data-payment={p.id}>
        <td class="nowrap">{when}</td>
        <td class="right nowrap amount-cell">{amount}</td>
        <td>
          <Mark tone={stateTone(p)} word={t.states[p.state] ?? p.state} />
        </td>
        <td>{p.state === "charged" ? <Mark tone={registrationTone(reg)} word={t.registrations[reg] ?? reg} /> : "–"}</td>
        <td class="wide clip">{p.notices.map((n) => n.description).filter(Boolean).join("; ")}</td>
        <td class="nowrap">
          {p.notices.slice(0, 1).map((n) => notice(n.number).replaceAll("\u00a0", " "))}
          {p.notices.length > 1 && ` +${p.notices.length - 1}`}
        </td>
        <td class="wide">{p.charge?.stan || "–"}</td>
        {several && <td class="wide">{terminal?.label || p.terminal}</td>}
        <td class="right">
          <button
            type="button"
            class="btn btn-link btn-xs row-button"
            aria-expanded={open}
            aria-label={t.payments.detailOf(amount, when)}
            onClick={() => page.open(open ? undefined : p.id)}
          >
            <span>{t.payments.detail}</span>
            <Icon name="chevron-right" />
          </button>
        </td>
      </tr>
      {open && (
        <tr class="row-detail">
          <td colSpan={several ? 9 : 8}>
            <Detail payment={p} />
          </td>
        </tr>
      )}
    </>
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

export function Mark({ tone, word }: { tone: Tone; word: string }) {
  const shapes = { good: "check-circle", warn: "warning-circle", bad: "close-circle", info: "clock" } as const;
  return (
    <span class={`mark mark-${tone}`}>
      <Icon name={shapes[tone]} />
      {word}
    </span>
  );
}

export function stateTone(p: Payment): Tone {
  switch (p.state) {
    case "charged":
      return "good";
    case "unknown":
    case "reversing":
      return "warn";
    case "not_charged":
    case "reversed":
      return "bad";
    default:
      return "info";
  }
}
