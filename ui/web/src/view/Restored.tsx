import type { ComponentChildren } from "preact";
import { notice } from "../core/format";
import * as o from "../core/office";
import type { RestoreStatus, RestoreTerminal } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";

/** Restored is what a ledger that was brought back from a copy waits for: what is being read, what is missing, and who does what. */
export function Restored({ of }: { of: RestoreStatus }) {
  const { c, page, t, euro, when } = useView();
  const { restored } = t.office;
  const { platform } = of;
  const toCase = (id: string) => {
    page.desk.openCase(id);
    page.show("cases");
  };
  const told = (x: RestoreTerminal) => {
    if (!x.read) return restored.unread;
    return x.case ? restored.gap(x.found ?? "") : x.same ? restored.same : restored.broughtIn;
  };
  return (
    <>
      {of.since && <p>{restored.since(when(of.since))}</p>}
      <ul class="evidence restored">
        {of.terminals.map((x) => (
          <Point key={x.name} done={x.read && !x.case} bad={Boolean(x.case)}>
            <strong>{o.terminalLabel(c, x.name)}:</strong> {told(x)}
          </Point>
        ))}
        {of.since && (
          <Point done={platform !== undefined}>
            <strong>{t.header.platform}:</strong> {platform ? restored.receipts(platform.receipts) : restored.unasked}
          </Point>
        )}
      </ul>
      {platform && platform.unknown.length > 0 && (
        <details class="fold">
          <summary>
            <Icon name="chevron-right" /> {restored.unknown(platform.unknown.length)}
          </summary>
          <ul class="evidence">
            {platform.unknown.map((r) => (
              <li key={r.iuv}>
                <span class="nowrap">{when(r.paid_at)}</span>
                <span>
                  <strong>{euro(r.amount_cents)}</strong> {r.number ? notice(r.number) : `IUV ${r.iuv}`}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <p class="actions">
        {[...new Set(of.terminals.map((x) => x.case))].map(
          (id) =>
            id && (
              <button key={id} type="button" class="btn btn-outline-primary btn-xs" onClick={() => toCase(id)}>
                {restored.toCase(id)}
              </button>
            ),
        )}
      </p>
    </>
  );
}

function Point({ done, bad, children }: { done: boolean; bad?: boolean; children: ComponentChildren }) {
  const tone = done ? "good" : bad ? "bad" : "warn";
  return (
    <li>
      <Icon name={done ? "check-circle" : bad ? "warning-circle" : "clock"} tone={tone} />
      <span>{children}</span>
    </li>
  );
}
