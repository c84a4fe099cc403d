import { useEffect, useState } from "preact/hooks";
import { activityOn } from "../core/counter";
import { notice } from "../core/format";
import { phaseText } from "../core/i18n";
import * as o from "../core/office";
import type { Payment, Registration } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { Confirm, ViewTitle } from "./people";
import { Facts, Says } from "./parts";
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
  const { c, page, t, euro, when } = useView();
  const reg = registrationOf(p);
  const activity = c.mirror?.activities.find((a) => a.payment_id === p.id);
  return (
    <div class="story">
      <article class={`panel ${o.undecided(p) ? "panel-unknown" : ""}`} aria-labelledby="steps-title">
        <h3 id="steps-title">{t.office.story.steps}</h3>
        <Steps payment={p} />
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
            [t.detail.operator, p.operator],
            [t.detail.reference, p.reference],
            [t.payments.stan, p.charge?.stan],
            [t.detail.authCode, p.charge?.auth_code],
            [t.detail.card, [p.charge?.card, p.charge?.pan].filter(Boolean).join(" ")],
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

function Steps({ payment: p }: { payment: Payment }) {
  const { c, second, t, when } = useView();
  const several = p.notices.length > 1;
  const now = Date.now() + (c.mirror?.clockOffset ?? 0);
  return (
    <ol class="steps">
      {o.steps(p).map((step, i) => {
        const ahead = step.at !== undefined && Date.parse(step.at) > now;
        return (
          <li key={i} class={ahead ? "step-ahead" : ""}>
            <Icon name={ahead ? "clock" : stepIcon(step)} tone={ahead ? "info" : stepTone(step)} />
            <span class="step-time">{step.at && (ahead || step.what === "answered" ? when(step.at) : second(step.at))}</span>
            <span>
              {stepText(step, t)}
              {several && step.notice !== undefined && ` (${t.office.story.notice(step.notice + 1)})`}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function stepText(step: o.Step, t: ReturnType<typeof useView>["t"]): string {
  const { story } = t.office;
  switch (step.what) {
    case "asked":
      return story.asked(step.by ?? "");
    case "answered":
      return [t.states[step.state ?? "sent"] ?? step.state, step.text].filter(Boolean).join(": ");
    case "evidence":
      return story.evidence(step.text ?? "");
    case "resolved":
      return story.resolved(step.by ?? "");
    case "proposed":
      return story.proposed(step.by ?? "");
    case "reversal":
      return story.reversal(step.by ?? "");
    case "unreversed":
      return story.unreversed;
    case "reversed":
      return story.reversed;
    case "free":
      return story.free;
    case "due":
      return story.due;
    case "flow":
      return story.flow;
    case "submitted":
      return story.submitted(step.n ?? 1);
    case "offline":
      return story.offline;
    case "registration":
      return story.registration(t.registered[step.text as Registration] ?? step.text ?? "");
  }
}

function stepIcon(step: o.Step): IconName {
  switch (stepTone(step)) {
    case "good":
      return "check-circle";
    case "warn":
      return "warning-circle";
    case "bad":
      return "close-circle";
    default:
      return "info-circle";
  }
}

function stepTone(step: o.Step): "good" | "warn" | "bad" | "info" {
  if (step.what === "answered") {
    if (step.state === "charged") return "good";
    return step.state === "not_charged" ? "bad" : "warn";
  }
  if (step.what === "registration") return step.text === "registered" ? "good" : "info";
  if (step.what === "unreversed" || step.what === "proposed" || step.what === "offline") return "warn";
  return "info";
}

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
