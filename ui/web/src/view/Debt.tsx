import { terminalInHand, unasked, type Block } from "../core/counter";
import { notice } from "../core/format";
import type { ApiError, Notice, Reason } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import { EnterKey, Facts, LeaveButton, PaymentLink, Says } from "./parts";

/** DebtPanel is the notice as the platform has it now, and the one key that charges it. */
export function DebtPanel({ debt, differs, block }: { debt: Notice; differs: boolean; block?: Block }) {
  const { c, page, t, euro, day } = useView();
  const terminal = terminalInHand(c);
  const printed = debt.printed_cents && debt.printed_cents !== debt.amount_cents ? debt.printed_cents : 0;
  return (
    <section class={`panel ${debt.payable ? "panel-debt" : "panel-bad"}`} aria-labelledby="work-title">
      <h2 id="work-title">
        {!debt.payable && <Icon name="close-circle" tone="bad" />}
        {debt.payable ? t.debt.heading : t.debt.notPayable}
      </h2>
      <div class="split">
        <Facts
          of={[
            [t.debt.creditor, debt.creditor_name || debt.creditor],
            [t.debt.reason, debt.description],
            [t.debt.debtor, debt.debtor],
            [t.debt.due, debt.due_date && day(debt.due_date)],
            [t.debt.number, notice(debt.number)],
          ]}
        />
        <div class="split-end">
          <p class="amount">
            <span class="visually-hidden">{t.debt.amount}: </span>
            {euro(debt.amount_cents)}
          </p>
          {printed > 0 && <p class="printed">{t.debt.printed(euro(printed))}</p>}
          {debt.payable && (
            <p>
              <button
                type="button"
                class={`btn btn-lg ${differs ? "btn-outline-primary" : "btn-success"}`}
                disabled={block !== undefined}
                onClick={() => page.primary()}
              >
                {differs ? t.debt.accept(euro(debt.amount_cents)) : t.debt.charge(euro(debt.amount_cents))}
                <EnterKey />
              </button>
            </p>
          )}
          {debt.payable && !block && terminal && <p class="hint">{t.debt.on(terminal.label || terminal.name)}</p>}
          {debt.payable && block && (
            <p class="why">
              <Icon name="warning-circle" tone="warn" />
              {t.blocks[block]}
            </p>
          )}
        </div>
      </div>
      <Notes debt={debt} differs={differs} />
      <p class="actions">
        <LeaveButton />
        <PaymentLink id={debt.payment_id} text={t.debt.ours} />
      </p>
    </section>
  );
}

function Notes({ debt, differs }: { debt: Notice; differs: boolean }) {
  const { t, when } = useView();
  const { offline } = t.office;
  // Its own words on a charge that has been made (offline_charged) do not fit one that is still to come.
  const warnings: Reason[] = (debt.warnings ?? []).filter((w) => w.code !== "offline_charged" && w.code !== "offline_unverified");
  const told = debt.warnings?.find((w) => w.code === "offline_unverified");
  const verified = debt.verified_at ? offline.verifiedAt(when(debt.verified_at)) : offline.neverVerified;
  return (
    <>
      {debt.offline && debt.payable && (
        <Says reason={{ code: "offline_unverified", text: told?.text ?? offline.unverified, hint: [told?.hint, verified].filter(Boolean).join(" ") }} tone="warn" />
      )}
      {debt.reason && debt.reason.code !== "offline_charged" && <Says reason={debt.reason} tone={debt.payable ? "warn" : "bad"} />}
      {differs && warnings.every((w) => !w.code.startsWith("amount_")) && (
        <Says reason={{ code: "amount_print_differs", text: t.debt.differs }} tone="warn" />
      )}
      {warnings.map((w) => (
        <Says key={w.code} reason={w} tone={w.code === "scan_repaired" ? "info" : "warn"} />
      ))}
    </>
  );
}

/** UnreadablePanel says why a code gave no debt and what to do. */
export function UnreadablePanel({ error, code }: { error: ApiError; code: string }) {
  const { page, t } = useView();
  return (
    <section class="panel panel-bad" aria-labelledby="work-title">
      <h2 id="work-title">
        <Icon name="close-circle" tone="bad" />
        {unasked(error) ? t.unreadable.unasked : t.unreadable.heading}
      </h2>
      <Says reason={{ code: error.code, text: error.message, hint: error.hint }} tone="bad" detail={error.detail} />
      <p class="actions">
        {error.code === "notice_check_digits" && (
          <button type="button" class="btn btn-outline-primary btn-sm" onClick={() => page.take(code, true)}>
            {t.unreadable.anyway}
          </button>
        )}
        <PaymentLink id={error.payment_id} text={t.debt.ours} />
        <LeaveButton />
      </p>
    </section>
  );
}
