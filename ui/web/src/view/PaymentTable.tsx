import type { ComponentChildren } from "preact";
import { notice } from "../core/format";
import type { Payment } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import type { Tone } from "./parts";
import { registrationOf, registrationTone } from "./registration";

/** PaymentTable lists payments: the day's, or, with kept, whatever the archive has found, of any day and anybody. */
export function PaymentTable({ payments, label, kept, end, under }: {
  payments: Payment[];
  label: string;
  kept?: boolean;
  /** What stands at the end of a row. */
  end: (p: Payment, amount: string, when: string) => ComponentChildren;
  /** What stands below a row, where anything does. */
  under?: (p: Payment) => ComponentChildren;
}) {
  const { c, t } = useView();
  const { archive } = t.office;
  const several = (c.mirror?.terminals.length ?? 0) > 1;
  const columns: [name: string, kind?: string][] = [
    [kept ? archive.when : t.payments.time],
    [t.payments.amount, "right"],
    [t.payments.charged],
    [t.payments.registered],
    ...(kept ? [[archive.debtor] as [string]] : []),
    [t.payments.reason, "wide"],
    [t.payments.notice],
    [t.payments.stan, "wide"],
    ...(kept ? [[t.detail.operator, "wide"] as [string, string]] : []),
    ...(several ? [[t.payments.terminal, "wide"] as [string, string]] : []),
  ];
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="table table-sm">
        <thead>
          <tr>
            {columns.map(([name, kind]) => (
              <th key={name} scope="col" class={kind}>
                {name}
              </th>
            ))}
            <th scope="col">
              <span class="visually-hidden">{kept ? t.office.openStory : t.payments.detail}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {payments.map((p) => (
            <Row key={p.id} payment={p} kept={kept} several={several} end={end} under={under?.(p)} span={columns.length + 1} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ payment: p, kept, several, end, under, span }: {
  payment: Payment;
  kept?: boolean;
  several: boolean;
  end: (p: Payment, amount: string, when: string) => ComponentChildren;
  under: ComponentChildren;
  span: number;
}) {
  const { c, t, date, euro, person, time, when: shortly } = useView();
  const reg = registrationOf(p);
  const when = kept ? `${date(p.created_at)} ${time(p.created_at)}` : shortly(p.created_at);
  const amount = euro(p.charge?.amount_cents || p.amount_cents);
  const owed = [...new Set(p.notices.map((n) => n.debtor || n.debtor_tax_code))].join("; ");
  const numbers = p.notices.map((n) => notice(n.number).replaceAll("\u00a0", " "));
  return (
    <>
      <tr class={under ? "row-open" : ""} data-payment={p.id}>
        <td class="nowrap">{when}</td>
        <td class="right nowrap amount-cell">{amount}</td>
        <td>
          <Mark tone={stateTone(p)} word={t.states[p.state] ?? p.state} />
        </td>
        <td>{p.state === "charged" ? <Mark tone={registrationTone(reg)} word={t.registrations[reg] ?? reg} /> : "–"}</td>
        {kept && (
          <td class="clip" title={owed}>
            {owed || "–"}
          </td>
        )}
        <td class="wide clip">{p.notices.map((n) => n.description).filter(Boolean).join("; ")}</td>
        <td class="nowrap">{kept ? numbers.map((n) => <div key={n}>{n}</div>) : `${numbers[0] ?? ""}${numbers.length > 1 ? ` +${numbers.length - 1}` : ""}`}</td>
        <td class="wide">{p.charge?.stan || "–"}</td>
        {kept && <td class="wide clip">{person(p.operator)}</td>}
        {several && <td class="wide">{c.mirror?.terminals.find((x) => x.name === p.terminal)?.label || p.terminal}</td>}
        <td class="right">{end(p, amount, when)}</td>
      </tr>
      {under && (
        <tr class="row-detail">
          <td colSpan={span}>{under}</td>
        </tr>
      )}
    </>
  );
}

/** RowButton is what opens a row, by its own words for who does not see where it stands. */
export function RowButton({ text, label, open, onClick }: { text: string; label: string; open?: boolean; onClick: () => void }) {
  return (
    <button type="button" class="btn btn-link btn-xs row-button" aria-expanded={open} aria-label={label} onClick={onClick}>
      <span>{text}</span>
      <Icon name="chevron-right" />
    </button>
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
