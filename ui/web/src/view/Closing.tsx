import { useState } from "preact/hooks";
import { activityOn } from "../core/counter";
import * as o from "../core/office";
import type { Closing as Closed, Terminal } from "../core/types.gen";
import { useView } from "./context";
import { DayReport } from "./DayReport";
import { LightMark } from "./Light";
import { Confirm, Refused, ViewTitle } from "./people";
import { Says } from "./parts";
import { Takings } from "./Takings";

/** Closing sets the totals of ledger, terminal and bank side by side, and closes a terminal's session. */
export function Closing() {
  const { c, t } = useView();
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{t.office.closing.heading}</ViewTitle>
        <p class="hint">{t.office.closing.intro}</p>
      </div>
      <div class="cards">
        {(c.mirror?.terminals ?? []).map((terminal) => (
          <OneTerminal key={terminal.name} terminal={terminal} />
        ))}
        <Takings />
        <DayReport />
      </div>
    </section>
  );
}

function OneTerminal({ terminal: x }: { terminal: Terminal }) {
  const { c, page, t } = useView();
  const { closing } = t.office;
  const [asking, setAsking] = useState(false);
  const asked = c.office.asked[o.closingOf(x.name)];
  const busy = asked?.busy || activityOn(c, x.name) !== undefined;
  const still = o.toVerify(c).filter((p) => p.terminal === x.name).length;
  const off = busy || c.link !== "online";
  return (
    <article class="panel" aria-labelledby={`closing-${x.name}`}>
      <h3 id={`closing-${x.name}`} class="desk-title">
        {x.label || x.name} <LightMark light={busy ? "busy" : x.light} word={busy ? t.lights.busy : t.lights[x.light]} />
      </h3>
      {still > 0 && (
        <p class="actions">
          <strong>{closing.undecided(still)}</strong>
          <button type="button" class="btn btn-outline-primary btn-xs" onClick={() => page.show("verify")}>
            {t.unknown.toVerify}
          </button>
        </p>
      )}
      <p class="actions">
        <button type="button" class="btn btn-outline-primary btn-sm" disabled={off} onClick={() => void page.desk.totals(x.name, "totals")}>
          {asked?.busy ? t.office.busy : closing.totals}
        </button>
        {!asking && (
          <button type="button" class="btn btn-outline-primary btn-sm" disabled={off || still > 0} onClick={() => setAsking(true)}>
            {closing.close}
          </button>
        )}
      </p>
      {asking ? (
        <Confirm
          heading={closing.closeHeading(x.label || x.name)}
          consequences={closing.consequences}
          understood={closing.understood}
          now={closing.closeNow}
          supervised={closing.clerk}
          busy={busy ?? false}
          refused={asked}
          onDo={async (signer) => {
            const done = await page.desk.totals(x.name, "close", signer);
            if (done) setAsking(false);
            return done;
          }}
          onLeave={() => {
            setAsking(false);
            page.desk.forget(o.closingOf(x.name));
          }}
        />
      ) : (
        <Refused of={asked} />
      )}
      <Report name={x.name} />
    </article>
  );
}

function Report({ name }: { name: string }) {
  const { c, t, euro, second } = useView();
  const { closing } = t.office;
  const told = c.office.reports[name];
  if (!told) return null;
  const { report } = told;
  if (report.closing) return <ClosedSession of={report.closing} at={told.at} />;
  const { total_cents: total, ledger_cents: ledger } = report;
  const apart = total !== undefined && ledger !== undefined ? total - ledger : undefined;
  return (
    <div class="report">
      <h4>{closing.at(second(told.at))}</h4>
      <Totals ledger={ledger} terminal={total} />
      {apart === 0 && <Says reason={{ code: "", text: closing.agree }} tone="good" />}
      {apart !== undefined && apart !== 0 && <Says reason={{ code: "", text: closing.differ(euro(apart)) }} tone="warn" />}
      {report.text && total === undefined && <p>{report.text}</p>}
    </div>
  );
}

function Totals({ ledger, terminal, host }: { ledger?: number; terminal?: number; host?: number | "none" }) {
  const { t, euro } = useView();
  const { closing } = t.office;
  const rows: [string, number | undefined][] = [
    [closing.ledger, ledger],
    [closing.terminal, terminal],
  ];
  if (host !== undefined) rows.push([closing.host, host === "none" ? undefined : host]);
  return (
    <dl class="totals">
      {rows.map(([name, cents]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{cents === undefined ? closing.unknown : euro(cents)}</dd>
        </div>
      ))}
    </dl>
  );
}

function ClosedSession({ of, at }: { of: Closed; at: string }) {
  const { c, page, t, date, euro, second, today, when } = useView();
  const { closing } = t.office;
  // By amount and time where the page has it: that is what stands on a slip.
  const named = (id: string) => {
    const p = o.known(c, id);
    return p ? `${euro(p.charge?.amount_cents || p.amount_cents)}, ${when(p.created_at)} (${id})` : id;
  };
  const sound = of.state === "closed" && of.differences.length === 0 && (of.terminal_cents !== undefined || of.host_cents !== undefined);
  return (
    <div class="report">
      <h4>
        {today(at) ? closing.closedAt(second(at)) : closing.closedOn(date(at), second(at))}: {closing.states[of.state] ?? of.state}
      </h4>
      {of.proven_by_total && <p>{closing.proven}</p>}
      {of.reason && <Says reason={of.reason} tone="warn" />}
      <Totals ledger={of.ledger_cents} terminal={of.terminal_cents} host={of.host_cents ?? "none"} />
      <p class="hint">
        {closing.payments(of.payments)} {of.since && closing.since(when(of.since))}
      </p>
      {sound && <Says reason={{ code: "", text: closing.agree }} tone="good" />}
      {of.differences.length > 0 && (
        <>
          <h4>{closing.differences}</h4>
          <ul class="differences">
            {of.differences.map((d) => (
              <li key={d.between}>
                <Says reason={{ code: d.between, text: d.text }} tone="warn" />
                {d.payments.length === 0 ? (
                  <p class="hint">{closing.nobody}</p>
                ) : (
                  <p>
                    {closing.explain}{" "}
                    {d.payments.map((id) => (
                      <button key={id} type="button" class="btn btn-link btn-xs" onClick={() => page.tell(id)}>
                        <span>{named(id)}</span>
                      </button>
                    ))}
                  </p>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {of.receipt && (
        <details class="fold">
          <summary>{closing.slip}</summary>
          <pre class="slip" tabIndex={0}>
            {of.receipt}
          </pre>
        </details>
      )}
    </div>
  );
}
