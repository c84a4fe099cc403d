import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { activityOn } from "../core/counter";
import { notice } from "../core/format";
import { phaseText, type Texts } from "../core/i18n";
import * as o from "../core/office";
import type { Answer, Evidence, Payment, Proposal } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import { Countersign, Field, Refused, ViewTitle } from "./people";
import { Facts, Says } from "./parts";
import { Slip } from "./Slip";
import { Entry } from "./Story";

/** Verify is the desk for payments of which nobody knows: the evidence, the one question, two signatures. */
export function Verify() {
  const { c, page, t, euro, when } = useView();
  const list = o.toVerify(c);
  const shown = o.inQuestion(c);
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{t.office.verify.heading}</ViewTitle>
        <p class="hint">{list.length ? t.office.verify.intro : t.office.verify.none}</p>
      </div>
      {shown && (
        <div class="desk">
          <ul class="desk-list" aria-label={t.office.verify.list}>
            {list.map((p) => (
              <li key={p.id}>
                <button type="button" class="item" aria-current={p.id === shown.id ? "true" : undefined} onClick={() => page.desk.choose(p.id)}>
                  <strong>{euro(p.amount_cents)}</strong>
                  <span>{when(p.created_at)}</span>
                  <span class="item-more">{p.notices.map((n) => n.description || notice(n.number)).join("; ")}</span>
                  <span class="item-state">{listState(p, t)}</span>
                </button>
              </li>
            ))}
          </ul>
          <InQuestion key={shown.id} payment={shown} />
        </div>
      )}
      <DecidedToday />
    </section>
  );
}

// DecidedToday are those that people have decided already, and who did.
function DecidedToday() {
  const { c, page, t, euro, people, when } = useView();
  const list = o.decidedToday(c);
  if (list.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="decided-title">
      <h3 id="decided-title">{t.office.story.recently}</h3>
      <ul class="decided">
        {list.map((p) => (
          <li key={p.id}>
            <span class="nowrap">{when(p.updated_at)}</span>
            <strong class="nowrap">{euro(p.amount_cents)}</strong>
            <span>
              {t.states[p.state]}, {t.office.story.by(people(p.resolved_by))}
            </span>
            <button type="button" class="btn btn-link btn-xs" aria-label={`${t.office.openStory} ${p.id}`} onClick={() => page.tell(p.id)}>
              <span>{t.office.openStory}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Decided tells who decided what about a payment, or about one of its cases, so far. */
export function Decided({ payment, about }: { payment: Payment; about?: string }) {
  const { c, t } = useView();
  const entries = o.decisions(c.office.told[payment.id]?.value, about);
  if (entries.length === 0) return null;
  return (
    <>
      <h4>{t.office.story.decided}</h4>
      <ol class="steps">
        {entries.map((e) => (
          <Entry key={e.seq} entry={e} payment={payment} />
        ))}
      </ol>
    </>
  );
}

function listState(p: Payment, t: Texts): string {
  const { state } = t.office.verify;
  if (p.proposal) return state.signature;
  if (p.reason?.code === "resolution_parked") return state.parked;
  return p.needs_people ? state.people : state.asking;
}

/** InQuestion is one payment with all that is known of it, and what people may do. */
function InQuestion({ payment: live }: { payment: Payment }) {
  const { c, page, t, euro, person, when } = useView();
  const story = c.office.stories[live.id];
  // A decision names the evidence that was on the screen: everything here is from one answer of the service.
  const p = story?.value && o.undecided(story.value) ? story.value : live;
  const activity = activityOn(c, p.terminal);
  const seen = story?.value?.evidence_seq;
  useEffect(() => {
    if (!c.office.stories[live.id]) void page.desk.loadStory(live.id);
  }, [live.id]);
  return (
    <article class="panel panel-unknown desk-main" aria-labelledby="question-title">
      <h3 id="question-title" class="desk-title">
        <Icon name="warning-circle" tone="warn" />
        {t.states[p.state]}
        <span class="heading-amount">{euro(p.amount_cents)}</span>
      </h3>
      {p.reason && <Says reason={p.reason} tone="warn" />}
      <div class="pair">
        <div>
          <Facts
            of={[
              [t.payments.time, when(p.created_at)],
              [t.debt.reason, p.notices.map((n) => n.description).filter(Boolean).join("; ")],
              [t.debt.number, p.notices.map((n) => notice(n.number)).join(", ")],
              [t.payments.terminal, o.terminalOf(c, p)?.label || p.terminal],
              [t.detail.reference, p.reference],
              [t.detail.operator, person(p.operator)],
            ]}
          />
          <h4>
            {t.office.verify.evidence} {seen !== undefined && <small class="hint">({t.office.verify.evidenceN(seen)})</small>}
          </h4>
          {story?.error && <Says reason={{ code: story.error.code, text: story.error.message, hint: story.error.hint }} tone="bad" />}
          <EvidenceList of={story?.value?.evidence} busy={story?.busy} />
          {activity && <p class="hint">{phaseText(t, activity.phase)}.</p>}
          <p>
            <strong>{presetText(p, t)}</strong>
          </p>
          {p.has_receipt && (
            <details class="fold" onToggle={(e) => e.currentTarget.open && page.slips.fetch(p)}>
              <summary>
                <Icon name="chevron-right" /> {t.slip.heading}
              </summary>
              <Slip payment={p} />
            </details>
          )}
          <button type="button" class="btn btn-link btn-xs" onClick={() => page.tell(p.id)}>
            <span>{t.office.openStory}</span>
          </button>
        </div>
        <div>
          <Locks payment={p} />
          <h4>{t.office.verify.question}</h4>
          {p.proposal ? <Proposed payment={p} proposal={p.proposal} /> : <Question payment={p} ready={seen !== undefined} />}
          <Decided payment={p} />
        </div>
      </div>
    </article>
  );
}

function presetText(p: Payment, t: Texts): string | undefined {
  const { verify } = t.office;
  switch (p.preset as string | undefined) {
    case "charged":
      return verify.witness;
    case "not_charged":
      return verify.witnessNot;
    case "reversed":
      return verify.witnessReversed;
    case "not_reversed":
      return verify.witnessNotReversed;
    default:
      return undefined;
  }
}

/** EvidenceList is what is known, oldest first: in words, and the driver's own small beneath. */
export function EvidenceList({ of, busy }: { of: Evidence[] | undefined; busy?: boolean }) {
  const { t, euro, second } = useView();
  if (!of?.length) return <p class="hint">{busy ? t.office.loading : t.office.verify.noEvidence}</p>;
  return (
    <ol class="evidence">
      {of.map((e, i) => (
        <li key={i}>
          <span class="evidence-time">{second(e.at)}</span>
          <span>
            {e.text}
            {e.charge && (
              <strong>
                {": "}
                {[euro(e.charge.amount_cents), e.charge.stan && `STAN ${e.charge.stan}`, e.charge.auth_code && `${t.detail.authCode} ${e.charge.auth_code}`, e.charge.host_time && second(e.charge.host_time)].filter(Boolean).join(", ")}
              </strong>
            )}
            {e.detail && <small class="detail-code">{e.detail}</small>}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Locks keeps two things apart: the notice stays locked, the terminal may be freed. */
function Locks({ payment: p }: { payment: Payment }) {
  const { c, page, t } = useView();
  const terminal = o.terminalOf(c, p);
  const holds = terminal?.locked && terminal.payment_id === p.id;
  return (
    <div class="locks" role="group" aria-label={t.office.verify.locks}>
      <p>
        <Icon name="locked" tone="warn" />
        <span>
          <strong>{t.office.verify.notice}:</strong> {t.office.verify.noticeLocked}.
        </span>
      </p>
      {terminal && (
        <p>
          <Icon name={holds ? "locked" : "check-circle"} tone={holds ? "warn" : "good"} />
          <span>
            <strong>{t.office.verify.terminal(terminal.label || terminal.name)}:</strong> {holds ? t.office.verify.terminalLocked : t.office.verify.terminalFree}.{" "}
            {holds && (terminal.can_free ? t.office.verify.freeable : t.office.verify.gathering)}
          </span>
          {holds && terminal.can_free && (
            <button type="button" class="btn btn-outline-primary btn-xs" disabled={c.link !== "online" || c.action?.busy} onClick={() => void page.terminals.free(terminal.name)}>
              {t.terminal.free}
            </button>
          )}
          {holds && c.action?.busy && c.action.terminal === terminal.name && <span role="status">{c.action.text}</span>}
        </p>
      )}
      {c.action?.error && c.action.terminal === p.terminal && (
        <Says reason={{ code: c.action.error.code, text: c.action.error.message, hint: c.action.error.hint }} tone="bad" />
      )}
    </div>
  );
}

/** Question is the one question (ECR17 6.8), with what only a person can read from the slip. */
function Question({ payment: p, ready }: { payment: Payment; ready: boolean }) {
  const { c, page, t, euro, second } = useView();
  const { verify } = t.office;
  const [form, setForm] = useState(o.emptyForm);
  const [tried, setTried] = useState(false);
  const asked = c.office.asked[o.resolutionOf(p.id)];
  const behind = o.behind(c, p.id);
  // An answer rests on what was seen: new evidence asks for it again. What was copied from the slip stays.
  useLayoutEffect(() => setForm((f) => ({ ...f, answer: undefined })), [p.evidence_seq]);
  if (!o.mayAnswer(c, p)) {
    return (
      <p class="why-wait">
        <Icon name="clock" tone="info" /> {verify.wait}
      </p>
    );
  }
  const terminal = o.terminalOf(c, p);
  const at = (p.state === "reversing" && p.reversal?.sent_at) || p.created_at;
  const what = p.state === "reversing" ? verify.reversal : verify.payment;
  const lacks = o.missing(form);
  const wrong = tried && lacks ? verify.missing[lacks] : undefined;
  const send = async () => {
    setTried(true);
    if (lacks) return;
    if (await page.desk.answer(p, form)) setForm(o.emptyForm);
    setTried(false);
  };
  return (
    <div class="question" role="form" aria-label={verify.question}>
      <fieldset aria-describedby={wrong ? "question-wrong" : undefined}>
        <legend>{verify.ask(what, euro(p.amount_cents), second(at), terminal?.label || p.terminal)}</legend>
        {o.answersFor(p).map((a) => (
          <label key={a} class="tick">
            <input type="radio" name="answer" value={a} checked={form.answer === a} onChange={() => setForm({ ...form, answer: a })} />
            <span>{verify.answers[a]}</span>
          </label>
        ))}
      </fieldset>
      {form.answer === "charged" && (
        <div class="fields">
          <Field label={verify.stan} id="question-stan">
            <input id="question-stan" class="form-control" inputMode="numeric" autocomplete="off" maxLength={6} value={form.stan} aria-invalid={tried && lacks === "stan"} onInput={(e) => setForm({ ...form, stan: e.currentTarget.value.trim() })} />
          </Field>
          <Field label={verify.auth} id="question-auth">
            <input id="question-auth" class="form-control" autocomplete="off" spellcheck={false} maxLength={12} value={form.auth} onInput={(e) => setForm({ ...form, auth: e.currentTarget.value })} />
          </Field>
        </div>
      )}
      {form.answer && (
        <Field label={verify.note} id="question-note">
          <textarea id="question-note" class="form-control" rows={2} maxLength={500} value={form.note} aria-describedby="question-note-hint" onInput={(e) => setForm({ ...form, note: e.currentTarget.value })} />
          <p id="question-note-hint" class="hint">
            {verify.noteHint}
          </p>
        </Field>
      )}
      {form.answer && <p class="hint">{form.answer === "unknown" ? verify.follows.unknown : verify.follows[o.needs(p, form.answer)]}</p>}
      <p id="question-wrong" class="field-wrong" role="alert">
        {wrong}
      </p>
      {behind && <p class="hint">{verify.more}</p>}
      <Refused of={asked} />
      <p class="actions">
        <button type="button" class="btn btn-primary btn-sm" disabled={!ready || asked?.busy || c.link !== "online"} onClick={() => void send()}>
          {asked?.busy ? t.office.busy : verify.send}
        </button>
      </p>
    </div>
  );
}

function Proposed({ payment: p, proposal }: { payment: Payment; proposal: Proposal }) {
  const { c, page, t } = useView();
  const asked = c.office.asked[o.resolutionOf(p.id)];
  return (
    <Countersign
      proposal={proposal}
      what={proposalText(proposal, t)}
      busy={asked?.busy ?? false}
      refused={asked}
      onSign={(accept, signer) => page.desk.countersign(p, accept, signer)}
    />
  );
}

/** proposalText is what another person has answered, in one line. */
export function proposalText(proposal: Proposal, t: Texts): string {
  const { answers } = t.office.verify;
  return [
    proposal.answer && answers[proposal.answer as Answer],
    proposal.stan && `STAN ${proposal.stan}`,
    proposal.auth_code && `${t.detail.authCode} ${proposal.auth_code}`,
    proposal.note && `«${proposal.note}»`,
  ]
    .filter(Boolean)
    .join(", ");
}
