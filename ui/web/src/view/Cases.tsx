import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { Texts } from "../core/i18n";
import * as o from "../core/office";
import type { Case } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import { Countersign, Field, Refused, ViewTitle } from "./people";
import { Facts, Says } from "./parts";
import { Decided } from "./Verify";

/** Cases is the list of what people must mend, and the proof that ends each. */
export function Cases() {
  const { c, page, t } = useView();
  const { cases, allCases } = c.office;
  const open = o.openCases(c);
  const ended = allCases ? o.endedCases(c) : [];
  const shown = o.shownCase(c);
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{t.office.cases.heading}</ViewTitle>
        <p class="hint">{open.length || !cases.value ? t.office.cases.intro : t.office.cases.none}</p>
        <label class="tick view-option">
          <input type="checkbox" checked={allCases} onChange={(e) => page.desk.showEnded(e.currentTarget.checked)} />
          <span>{t.office.cases.ended}</span>
        </label>
      </div>
      {cases.error && <Says reason={{ code: cases.error.code, text: cases.error.message, hint: cases.error.hint }} tone="bad" />}
      {!cases.value && cases.busy && <p class="hint">{t.office.loading}</p>}
      {shown && (
        <div class="desk">
          <ul class="desk-list" aria-label={t.office.cases.list}>
            {[...open, ...ended].map((one) => (
              <li key={one.id}>
                <button type="button" class="item" aria-current={one.id === shown.id ? "true" : undefined} onClick={() => page.desk.openCase(one.id)}>
                  <strong>{one.cause.text}</strong>
                  <DueLine one={one} />
                </button>
              </li>
            ))}
          </ul>
          <OneCase key={shown.id} one={shown} />
        </div>
      )}
    </section>
  );
}

function DueLine({ one }: { one: Case }) {
  const { c, t, when } = useView();
  const { state, due } = t.office.cases;
  const now = Date.now() + (c.mirror?.clockOffset ?? 0);
  return (
    <span class="item-state">
      {one.ended ? `${state.ended} ${when(one.ended)}` : one.proposal ? state.signature : one.due ? (
        <>
          {o.overdue(one, now) && (
            <span class="mark mark-bad">
              <Icon name="warning-circle" />
              {state.overdue}
            </span>
          )}{" "}
          {due} {when(one.due)}
        </>
      ) : (
        state.open
      )}
    </span>
  );
}

function OneCase({ one }: { one: Case }) {
  const { c, page, t, people, person, when } = useView();
  const { cases } = t.office;
  const payment = o.known(c, one.payment_id);
  useEffect(() => {
    if (one.payment_id) void page.desk.loadStory(one.payment_id);
  }, [one.payment_id, one.seq]);
  const terminal = c.mirror?.terminals.find((x) => x.name === one.terminal);
  return (
    <article class={`panel desk-main ${one.ended ? "" : "panel-unknown"}`} aria-labelledby="case-title">
      <h3 id="case-title" class="desk-title">
        <Icon name={one.ended ? "check-circle" : "warning-circle"} tone={one.ended ? "good" : "warn"} />
        {one.cause.text}
      </h3>
      {one.cause.hint && <p>{one.cause.hint}</p>}
      <div class="pair">
        <div>
          <Facts
            of={[
              [cases.owner, one.owner && (cases.roles[one.owner] ?? person(one.owner))],
              [cases.opened, when(one.opened)],
              [cases.due, one.due && when(one.due)],
              [cases.terminal, one.terminal && (terminal?.label || one.terminal)],
              [cases.endedAt, one.ended && `${when(one.ended)}: ${endingText(one.ending, t)}`],
              [cases.proof, one.ended && one.proof],
              [cases.by, one.ended && people(one.ended_by ?? [])],
            ]}
          />
          {one.evidence && (
            <>
              <h4>{cases.evidence}</h4>
              <p class="case-evidence">{one.evidence}</p>
            </>
          )}
          {payment && <Decided payment={payment} about={one.id} />}
          {one.payment_id && (
            <button type="button" class="btn btn-link btn-xs" onClick={() => page.tell(one.payment_id ?? "")}>
              <span>
                {t.office.openStory} {one.payment_id}
              </span>
            </button>
          )}
        </div>
        {!one.ended && <div>{one.proposal ? <Signing one={one} /> : <Ending one={one} />}</div>}
      </div>
    </article>
  );
}

/** endingText is how a case ended, in words. */
export function endingText(ending: string | undefined, t: Texts): string {
  return t.office.cases.endings[ending ?? ""] ?? ending ?? "";
}

function Signing({ one }: { one: Case }) {
  const { c, page, t } = useView();
  const asked = c.office.asked[o.endingOf(one.id)];
  if (!one.proposal) return null;
  return (
    <Countersign
      proposal={one.proposal}
      what={t.office.cases.proposed(endingText(one.proposal.ending, t), one.proposal.note ?? "")}
      busy={asked?.busy ?? false}
      refused={asked}
      onSign={(accept, signer) => page.desk.countersignCase(one, accept, signer)}
    />
  );
}

function Ending({ one }: { one: Case }) {
  const { c, page, t } = useView();
  const { cases } = t.office;
  const [ending, setEnding] = useState<string>();
  const [proof, setProof] = useState("");
  const [tried, setTried] = useState(false);
  const asked = c.office.asked[o.endingOf(one.id)];
  useLayoutEffect(() => setEnding(undefined), [one.seq]); // more is known: how it ended is asked again
  if (!one.needs_two && c.operator?.role !== "supervisor") return <p>{cases.clerk}</p>;
  // One supervisor suffices: nothing is given up, and the service looks before it submits.
  const mayResubmit = one.can_resubmit && c.operator?.role === "supervisor";
  const lacks = !ending ? "ending" : proof.trim() === "" ? "proof" : o.holdsCard(proof) ? "card" : undefined;
  const wrong = tried && lacks ? cases.missing[lacks] : undefined;
  const send = async () => {
    setTried(true);
    if (lacks || !ending) return;
    if (await page.desk.endCase(one, ending, proof)) setProof("");
    setTried(false);
  };
  return (
    <div class="question" role="form" aria-label={cases.end}>
      <fieldset aria-describedby={wrong ? "ending-wrong" : undefined}>
        <legend>{cases.end}</legend>
        {["refunded", "closed", ...(mayResubmit ? ["resubmit"] : [])].map((x) => (
          <label key={x} class="tick">
            <input type="radio" name="ending" value={x} checked={ending === x} onChange={() => setEnding(x)} />
            <span>{x === "resubmit" ? cases.resubmit : endingText(x, t)}</span>
          </label>
        ))}
      </fieldset>
      <Field label={cases.proofLabel} id="ending-proof">
        <textarea id="ending-proof" class="form-control" rows={2} maxLength={500} value={proof} aria-describedby="ending-proof-hint" onInput={(e) => setProof(e.currentTarget.value)} />
        <p id="ending-proof-hint" class="hint">
          {t.office.verify.noteHint}
        </p>
      </Field>
      <p class="hint">{one.needs_two && ending !== "resubmit" ? cases.two : cases.one}</p>
      <p id="ending-wrong" class="field-wrong" role="alert">
        {wrong}
      </p>
      <Refused of={asked} />
      <p class="actions">
        <button type="button" class="btn btn-primary btn-sm" disabled={asked?.busy || c.link !== "online"} onClick={() => void send()}>
          {asked?.busy ? t.office.busy : cases.send}
        </button>
      </p>
    </div>
  );
}
