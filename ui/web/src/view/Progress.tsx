import { type Job, type Stage } from "../core/counter";
import { seconds } from "../core/format";
import { phaseText, turnText } from "../core/i18n";
import { useNow, useView } from "./context";
import { Icon } from "./Icon";
import { workingText } from "./InHand";
import { RunPart } from "./Cart";
import { EnterKey, LeaveButton } from "./parts";

type Working = Extract<Stage, { kind: "working" }>;

/** WorkingPanel says whose turn it is while the terminal works. Nothing here is modal. */
export function WorkingPanel({ at }: { at: Working }) {
  const { t, euro } = useView();
  const atCitizen = at.phase === "card" || at.phase === "pin";
  return (
    <section class={`panel panel-working ${atCitizen ? "panel-citizen" : ""}`} aria-labelledby="work-title">
      <h2 id="work-title">
        {workingText(at, t)}
        {at.cents > 0 && <span class="heading-amount">{euro(at.cents)}</span>}
      </h2>
      <div class="turn">
        <Icon name={atCitizen ? "card" : "clock"} />
        <div>
          <p class="turn-who">{turnText(t, at.phase)}</p>
          <p class="turn-what">{phaseText(t, at.phase)}</p>
        </div>
        {at.activity && <Stopwatch since={at.activity.since} />}
      </div>
      {at.activity?.text && (
        <p class="terminal-words">
          {t.working.says} <q>{at.activity.text}</q>
        </p>
      )}
      <p class="hint">{atCitizen ? t.working.cancel : t.working.noCancel}</p>
      <RunPart run={at.run} now={at.payment} />
    </section>
  );
}

/** Stopwatch counts for the eye only: a screen reader hears the phases, not every second. */
export function Stopwatch({ since }: { since: string }) {
  const { c, elapsed } = useView();
  const now = useNow(c.mirror?.clockOffset ?? 0);
  return (
    <p class="stopwatch" aria-hidden="true">
      {elapsed(seconds(since, now))}
    </p>
  );
}

/** LostPanel stands where no answer came to a request: never a new one, always the same again. */
export function LostPanel({ job }: { job: Job }) {
  const { c, page, t } = useView();
  const online = c.link === "online" && c.mirror !== undefined;
  return (
    <section class="panel panel-warn" aria-labelledby="work-title">
      <h2 id="work-title">
        <Icon name="warning-circle" tone="warn" />
        {t.lost.heading}
      </h2>
      <p>{online ? t.lost.text : t.lost.offline}</p>
      {online && !job.foreign && (
        <p class="actions">
          <button type="button" class="btn btn-primary" onClick={() => page.primary()}>
            {t.lost.again}
            <EnterKey />
          </button>
          <LeaveButton />
        </p>
      )}
    </section>
  );
}

