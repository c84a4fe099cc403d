import type { Run } from "../core/cart";
import { blocked, canRetry, paymentOf, type Block, type Job, type Next, type Stage } from "../core/counter";
import { notice } from "../core/format";
import { phaseText, type Texts } from "../core/i18n";
import type { Activity, ApiError, Payment } from "../core/types.gen";
import { Blocked, NoticeList, RunPart } from "./Cart";
import { useView } from "./context";
import { Icon } from "./Icon";
import { EnterKey, Facts, LeaveButton, PaymentLink, Says } from "./parts";
import { Stopwatch } from "./Progress";
import { registrationOf, registrationTone } from "./registration";

/** RefusedPanel: nothing was charged, and what to do about it. */
export function RefusedPanel({ job, error, run }: { job: Job; error: ApiError; run?: Run }) {
  const { c, page, t, euro } = useView();
  const block = blocked(c);
  const own = paymentOf(c, job.request.request_id)?.id; // the refused one stands in nobody's way
  const cents = job.request.notices.reduce((sum, n) => sum + n.expected_cents, 0);
  return (
    <section class="panel panel-bad" aria-labelledby="work-title">
      <h2 id="work-title">
        <Icon name="close-circle" tone="bad" />
        {t.refused.heading}
        {cents > 0 && <span class="heading-amount">{euro(cents)}</span>}
      </h2>
      <Says reason={{ code: error.code, text: error.message, hint: error.hint }} tone="bad" detail={error.detail} />
      {job.lines.map(({ debt }) => debt && <p class="hint">{[debt.description, notice(debt.number)].filter(Boolean).join(" · ")}</p>)}
      <Why block={canRetry(error) ? block : undefined} />
      <p class="actions">
        {canRetry(error) && (
          <button type="button" class="btn btn-primary" disabled={block !== undefined} onClick={() => page.primary()}>
            {t.refused.again}
            <EnterKey />
          </button>
        )}
        <PaymentLink id={error.payment_id === own ? undefined : error.payment_id} text={t.refused.show} />
        {!run && <LeaveButton />}
      </p>
      <RunPart run={run} />
    </section>
  );
}

/** DeclinedPanel: the card was not charged; one key tries another card, where it was asked for from here. */
export function DeclinedPanel({ at }: { at: Extract<Stage, { kind: "declined" }> }) {
  const { page, t, euro } = useView();
  const { payment, retry, foreign, block, run } = at;
  return (
    <section class="panel panel-bad" aria-labelledby="work-title">
      <h2 id="work-title">
        <Icon name="close-circle" tone="bad" />
        {t.declined.heading}
        <span class="heading-amount">{euro(payment.amount_cents)}</span>
      </h2>
      {payment.reason && <Says reason={payment.reason} tone="bad" />}
      <p>
        {t.declined.nothing} {foreign && t.declined.elsewhere}
      </p>
      {retry && <Why block={block} />}
      <p class="actions">
        {retry && (
          <button type="button" class="btn btn-primary" disabled={block !== undefined} onClick={() => page.primary()}>
            {t.declined.again}
            <EnterKey />
          </button>
        )}
        {!run && <LeaveButton />}
      </p>
      <RunPart run={run} now={payment} />
    </section>
  );
}

/** UnknownPanel: nobody knows yet. It says what is being done and what the clerk may do meanwhile. */
export function UnknownPanel({ payment, activity, run }: { payment: Payment; activity?: Activity; run?: Run }) {
  const { c, page, t, euro } = useView();
  const others = (c.mirror?.terminals.length ?? 0) > 1;
  const giveUp = c.mirror?.terminals.find((x) => x.name === payment.terminal)?.give_up_s;
  return (
    <section class="panel panel-unknown" aria-labelledby="work-title">
      <h2 id="work-title">
        <Icon name="warning-circle" tone="warn" />
        {t.unknown.heading}
        <span class="heading-amount">{euro(payment.amount_cents)}</span>
      </h2>
      {payment.reason && <Says reason={payment.reason} tone="warn" />}
      <div class="pair">
        <div>
          <h3>{t.unknown.checking}</h3>
          <p>
            {payment.needs_people ? decides(t, payment) : activity ? t.unknown.checkingNow : t.unknown.checkingIdle}
            {activity && <span class="hint"> {phaseText(t, activity.phase)}.</span>}
          </p>
          {activity && <Stopwatch since={activity.since} />}
          {giveUp !== undefined && !payment.needs_people && <p class="hint">{t.unknown.within(Math.ceil(giveUp / 60))}</p>}
          {payment.preset === "charged" && <p>{t.unknown.presetCharged}</p>}
          {payment.preset === "not_charged" && <p>{t.unknown.presetNot}</p>}
        </div>
        <div>
          <h3>{t.unknown.meanwhile}</h3>
          <ul>
            <li>{t.unknown.keep}</li>
            <li>{t.unknown.noticeLocked}</li>
            <li>{others ? t.unknown.otherTerminal : t.unknown.onlyTerminal}</li>
          </ul>
        </div>
      </div>
      <p class="actions">
        <button type="button" class={`btn btn-sm ${payment.needs_people ? "btn-primary" : "btn-outline-primary"}`} onClick={() => page.verify(payment.id)}>
          {t.unknown.toVerify}
        </button>
        <PaymentLink id={payment.id} text={t.terminal.showPayment} />
      </p>
      <RunPart run={run} now={payment} />
    </section>
  );
}

/** decides says who decides about a payment that only people can, and how. */
export function decides(t: Texts, p: Payment): string {
  return p.proposal ? t.unknown.proposed(p.proposal.by) : t.unknown.people;
}

/** ChargedPanel keeps the two facts apart: the card was charged, the platform holds the receipt. */
export function ChargedPanel({ payment, run, next }: { payment: Payment; run?: Run; next?: Next }) {
  const { t, euro, time } = useView();
  const reg = registrationOf(payment);
  const cents = payment.charge?.amount_cents || payment.amount_cents;
  const trouble = payment.notices.find((n) => n.reason)?.reason;
  const first = payment.notices.length === 1 ? payment.notices[0] : undefined; // several are a list
  // A charge that is being given back, or was, must not look like one.
  const stands = payment.state === "charged";
  const tone = stands ? "good" : "warn";
  const shape = stands ? "check-circle" : "warning-circle";
  return (
    <section class={stands ? "panel panel-good" : "panel panel-unknown"} aria-labelledby="work-title">
      <h2 id="work-title">
        <Icon name={shape} tone={tone} />
        {stands ? t.charged.heading(euro(cents)) : `${t.states[payment.state]} ${euro(cents)}`}
      </h2>
      {payment.state === "reversing" && <p>{payment.needs_people ? decides(t, payment) : t.charged.reversing}</p>}
      {payment.state === "reversed" && <p>{t.charged.undone}</p>}
      <ul class="two-facts">
        <li class={`fact fact-${tone}`} data-fact="charged">
          <Icon name={shape} tone={tone} />
          <span>
            <strong>{payment.state === "charged" ? t.facts.charged : t.states[payment.state]}</strong>{" "}
            {t.facts.chargedAt(time(payment.charge?.host_time ?? payment.updated_at))}
            {payment.charge?.stan && `, STAN ${payment.charge.stan}`}
          </span>
        </li>
        {payment.state !== "reversed" && (
          <li class={`fact fact-${registrationTone(reg)}`} data-fact={reg === "registered" ? "registered" : "not-registered"}>
            <Icon name={reg === "registered" ? "check-circle" : "clock"} tone={registrationTone(reg)} />
            <span>
              <strong>{t.facts.registered}:</strong> {t.registered[reg]}
            </span>
          </li>
        )}
      </ul>
      {payment.reason && payment.reason.code !== "approved" && <Says reason={payment.reason} tone="warn" />}
      {trouble && <Says reason={trouble} tone="warn" />}
      {run ? (
        <RunPart run={run} now={payment} next={next} />
      ) : (
        <>
          {payment.notices.length > 1 && <NoticeList payment={payment} />}
          <Facts
            of={[
              [t.debt.reason, first?.description],
              [t.debt.number, first && notice(first.number)],
              [t.charged.number, payment.receipt_number],
            ]}
          />
          <p class="hint">{t.charged.next}</p>
        </>
      )}
    </section>
  );
}

function Why({ block }: { block?: Block }) {
  return block ? <Blocked block={block} /> : null;
}
