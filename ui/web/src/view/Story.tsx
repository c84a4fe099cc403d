import { useEffect, useState } from "preact/hooks";
import { activityOn } from "../core/counter";
import { notice, sameDay } from "../core/format";
import { phaseText } from "../core/i18n";
import * as o from "../core/office";
import type { Answer, Payment, StoryEntry } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { Confirm, ViewTitle } from "./people";
import { Facts, Says } from "./parts";
import { Papers } from "./Papers";
import { registrationOf } from "./registration";
import { PrintButton, Slip } from "./Slip";

/** Story is a payment from the request to the receipt, step by step, and what a supervisor may do about it. */
export function Story() {
  const { c, page, t, euro } = useView();
  const id = c.office.story;
  const p = o.known(c, id);
  const fetched = id ? c.office.stories[id] : undefined;
  useEffect(() => {
    if (p) page.slips.fetch(p);
  }, [p?.id, p?.has_receipt]);
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{p ? t.office.story.of(euro(p.charge?.amount_cents || p.amount_cents)) : t.office.openStory}</ViewTitle>
        <button type="button" class="btn btn-link btn-xs" onClick={() => page.back()}>
          <span>{t.office.nav.back}</span> <kbd>Esc</kbd>
        </button>
      </div>
      {fetched?.error && <Says reason={{ code: fetched.error.code, text: fetched.error.message, hint: fetched.error.hint }} tone="bad" />}
      {p ? <Told payment={{ ...p, evidence: fetched?.value?.evidence }} /> : fetched?.busy && <p class="hint">{t.office.loading}</p>}
    </section>
  );
}

function Told({ payment: p }: { payment: Payment }) {
  const { c, page, t, card, euro, person, when } = useView();
  const reg = registrationOf(p);
  const activity = c.mirror?.activities.find((a) => a.payment_id === p.id);
  return (
    <div class="story">
      <article class={`panel ${o.undecided(p) ? "panel-unknown" : ""}`} aria-labelledby="steps-title">
        <h3 id="steps-title">{t.office.story.steps}</h3>
        <Steps payment={p} told={c.office.told[p.id]} />
        {activity && (
          <p class="hint">
            <Icon name="clock" /> {phaseText(t, activity.phase)}.
          </p>
        )}
        {o.undecided(p) && (
          <p class="actions">
            <button type="button" class="btn btn-primary btn-sm" onClick={() => page.verify(p.id)}>
              {t.unknown.toVerify}
            </button>
          </p>
        )}
        <Papers payment={p} />
        <Reverse payment={p} />
      </article>
      <article class="panel" aria-labelledby="facts-title">
        <h3 id="facts-title">{t.office.story.facts}</h3>
        <Facts
          of={[
            [t.payments.charged, t.states[p.state]],
            [t.facts.registered, p.state === "charged" ? t.registered[reg] : undefined],
            [t.detail.why, p.reason && p.reason.code !== "approved" ? `${p.reason.text} ${p.reason.hint ?? ""}` : undefined],
            [t.debt.reason, p.notices.map((n) => n.description).filter(Boolean).join("; ")],
            [t.debt.number, p.notices.map((n) => `${notice(n.number)}${p.notices.length > 1 ? ` (${euro(n.amount_cents)})` : ""}`).join(", ")],
            [t.detail.receiptNumber, p.receipt_number],
            [t.payments.terminal, o.terminalOf(c, p)?.label || p.terminal],
            [t.payments.time, when(p.created_at)],
            [t.detail.operator, person(p.operator)],
            [t.detail.reference, p.reference],
            [t.payments.stan, p.charge?.stan],
            [t.detail.authCode, p.charge?.auth_code],
            [t.detail.card, card(p.charge)],
            [t.detail.chargedAmount, p.charge?.amount_cents && p.charge.amount_cents !== p.amount_cents ? euro(p.charge.amount_cents) : undefined],
            [t.detail.pagopaReceipt, p.notices.map((n) => n.receipt_id).filter(Boolean).join(", ")],
            [t.office.payment, p.id],
          ]}
        />
        {p.notices.map((n) => n.reason && <Says key={n.number} reason={n.reason} tone="warn" />)}
        {p.retry_of && (
          <button type="button" class="btn btn-link btn-xs" onClick={() => page.tell(p.retry_of ?? "")}>
            <span>
              {t.office.story.retryOf} {p.retry_of}
            </span>
          </button>
        )}
      </article>
      <article class="panel slip-panel" aria-labelledby="story-slip">
        <div class="slip-head">
          <h3 id="story-slip">{t.office.story.slip}</h3>
          <PrintButton id={p.id} />
        </div>
        <Slip payment={p} />
      </article>
    </div>
  );
}

function Steps({ payment: p, told }: { payment: Payment; told: o.Fetched<StoryEntry[]> | undefined }) {
  const { c, t, when } = useView();
  const now = Date.now() + (c.mirror?.clockOffset ?? 0);
  return (
    <>
      {told?.error && <Says reason={{ code: told.error.code, text: told.error.message, hint: told.error.hint }} tone="bad" />}
      {!told?.value && told?.busy && <p class="hint">{t.office.loading}</p>}
      <ol class="steps">
        {o.worthTelling(told?.value).map((entry) => <Entry key={entry.seq} entry={entry} payment={p} />)}
        {o.ahead(p).map((clock) => {
          const past = Date.parse(clock.at) <= now;
          return (
            <li key={`${clock.what} ${clock.notice}`} class={past ? "" : "step-ahead"}>
              <Icon name="clock" tone={past ? "warn" : "info"} />
              <span class="step-time">{when(clock.at)}</span>
              <span>
                {t.office.story[clock.what]}
                {p.notices.length > 1 && clock.notice !== undefined && ` (${t.office.story.notice(clock.notice)})`}
              </span>
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** Entry is one thing that was written about a payment: when, what, by whom, and what came with it. */
export function Entry({ entry: e, payment: p }: { entry: StoryEntry; payment: Payment }) {
  const { c, t, euro, second, date, people } = useView();
  const { story } = t.office;
  const tone = o.entryTone(e);
  const today = sameDay(e.at, new Date(Date.now() + (c.mirror?.clockOffset ?? 0)).toISOString());
  const facts = [
    e.amount_cents && e.amount_cents !== p.amount_cents ? euro(e.amount_cents) : "",
    e.stan && `STAN ${e.stan}`,
    e.auth_code && `${t.detail.authCode} ${e.auth_code}`,
    e.receipt_number && story.taken(e.receipt_number),
    e.answer && story.answer(t.office.verify.answers[e.answer as Answer] ?? e.answer),
    e.ending && (t.office.cases.endings[e.ending] ?? e.ending),
    e.note && `«${e.note}»`,
    e.receipt_id && story.receipt(e.receipt_id),
    e.fault && story.platform(e.fault),
    e.case && story.case(e.case),
    e.offline && story.offline,
    ...(e.kind === "aftermath" ? [e.acked ? story.acked : story.unacked, e.slip ? story.slipCame : story.noSlip] : []),
  ].filter(Boolean);
  const state = e.state && (t.states[e.state] ?? e.state);
  return (
    <li>
      <Icon name={shapes[tone]} tone={tone} />
      <span class="step-time">
        {!today && `${date(e.at)} `}
        {second(e.at)}
      </span>
      <div class="step-what">
        <strong>{e.text.charAt(0).toUpperCase() + e.text.slice(1)}</strong>
        {p.notices.length > 1 && e.notice !== undefined && ` (${story.notice(e.notice)})`}
        {state && !e.reason?.text.startsWith(state) && `: ${state}`}
        {!e.state && e.registration && `: ${t.registrations[e.registration] ?? e.registration}`}
        {e.by.length > 0 && `, ${story.by(people(e.by))}`}
        {e.reason && e.reason.code !== "approved" && <p>{e.reason.text}</p>}
        {facts.length > 0 && <p class="hint">{facts.join(" · ")}</p>}
        {e.erased && <p class="hint">{story.erased}</p>}
        {e.evidence && e.evidence.length > 0 && (
          <details class="fold">
            <summary>
              <Icon name="chevron-right" /> {story.seen}
            </summary>
            <ul class="evidence">
              {e.evidence.map((x, i) => (
                <li key={i}>
                  <span class="evidence-time">{second(x.at)}</span>
                  <span>
                    {x.text} {x.detail && <small class="detail-code">{x.detail}</small>}
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  );
}

const shapes: Record<o.EntryTone, IconName> = { good: "check-circle", warn: "warning-circle", bad: "close-circle", info: "info-circle" };

/** Reverse offers a supervisor to give the charge back, where the service says that the terminal can. */
function Reverse({ payment: p }: { payment: Payment }) {
  const { c, page, t, euro } = useView();
  const { story } = t.office;
  const [asking, setAsking] = useState(false);
  const asked = c.office.asked[o.reversalOf(p.id)];
  const amount = euro(p.charge?.amount_cents || p.amount_cents);
  const busy = activityOn(c, p.terminal) !== undefined;
  const leave = () => {
    setAsking(false);
    page.desk.forget(o.reversalOf(p.id));
  };
  if (p.state === "reversing") return <p>{t.charged.reversing}</p>;
  if (p.state !== "charged") return null;
  // While it is asked for, the question stays, also when the terminal has moved on: the service then says why not.
  if (!p.can_reverse && !asking) return <p class="hint">{story.notReversible}</p>;
  if (!asking) {
    return (
      <p class="actions">
        <button type="button" class="btn btn-outline-primary btn-sm" disabled={busy || c.link !== "online"} onClick={() => setAsking(true)}>
          {story.reverse}
        </button>
      </p>
    );
  }
  return (
    <Confirm
      heading={story.reverseHeading(amount)}
      consequences={story.consequences}
      understood={story.understood}
      now={story.reverseNow(amount)}
      supervised={story.reverseClerk}
      busy={(asked?.busy ?? false) || busy}
      refused={asked}
      onDo={async (signer) => {
        const done = await page.desk.reverse(p.id, signer);
        if (done) setAsking(false);
        return done;
      }}
      onLeave={leave}
    />
  );
}
