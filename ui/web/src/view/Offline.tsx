import { useState } from "preact/hooks";
import * as o from "../core/office";
import type { Offline } from "../core/types.gen";
import { useNow, useView } from "./context";
import { Icon } from "./Icon";
import { Confirm, Field, Refused, SignerFields, nobody } from "./people";
import { spanText } from "./Queue";

/** OfflinePanel is the period of charging without the platform: its limits filling up, opened and closed by a supervisor. */
export function OfflinePanel() {
  const { c, t } = useView();
  const now = useNow(c.mirror?.clockOffset ?? 0);
  const open = o.period(c, now);
  return (
    <article class={`panel ${open ? "panel-unknown" : ""}`} aria-labelledby="offline-title">
      <h3 id="offline-title" class="desk-title">
        {open && <Icon name="warning-circle" tone="warn" />}
        {t.office.offline.heading}
      </h3>
      {open ? <Open period={open} now={now} /> : c.mirror?.offline_allowed ? <Closed /> : <p class="hint">{t.office.offline.notAllowed}</p>}
    </article>
  );
}

function Open({ period: p, now }: { period: Offline; now: number }) {
  const { c, page, t, euro, person, when } = useView();
  const { offline } = t.office;
  const [signer, setSigner] = useState(nobody);
  const asked = c.office.asked[o.offlineKey];
  const needsSigner = c.operator?.role !== "supervisor";
  const length = Math.max(Date.parse(p.until) - Date.parse(p.opened_at), 1);
  const gone = Math.min(Math.max(now - Date.parse(p.opened_at), 0), length);
  const close = async () => {
    await page.desk.offline("close", "", needsSigner ? signer : undefined);
    setSigner(nobody);
  };
  return (
    <>
      <p>
        {offline.open(person(p.opened_by), when(p.opened_at))} {offline.until(when(p.until))}
      </p>
      <p>
        {offline.opened}: <q>{p.reason}</q>
      </p>
      <div class="limits">
        <Limit name={offline.limits.payments} used={p.payments} most={p.max_payments} text={offline.of(String(p.payments), String(p.max_payments))} />
        <Limit name={offline.limits.total} used={p.cents} most={p.max_total_cents} text={offline.of(euro(p.cents), euro(p.max_total_cents))} />
        <Limit name={offline.limits.time} used={gone} most={length} text={t.office.queue.left(spanText(o.span(length - gone), t))} />
      </div>
      <p class="hint">
        {offline.most(euro(p.max_amount_cents))} {p.verified_within_s ? offline.verified(spanText(o.span(p.verified_within_s * 1000), t)) : ""}
      </p>
      {needsSigner && <SignerFields signer={signer} set={setSigner} heading={offline.clerk} />}
      <Refused of={asked} />
      <p class="actions">
        <button type="button" class="btn btn-primary btn-sm" disabled={asked?.busy || c.link !== "online" || (needsSigner && (signer.operator.trim() === "" || signer.pin === ""))} onClick={() => void close()}>
          {asked?.busy ? t.office.busy : offline.closeNow}
        </button>
      </p>
    </>
  );
}

function Limit({ name, used, most, text }: { name: string; used: number; most: number; text: string }) {
  const { t } = useView();
  const full = used >= most;
  return (
    <div class={`limit ${full ? "limit-full" : used >= most * 0.8 ? "limit-near" : ""}`}>
      <p>
        {name}: <strong>{text}</strong>
        {full && (
          <span class="mark mark-bad">
            <Icon name="close-circle" />
            {t.office.offline.full}
          </span>
        )}
      </p>
      <progress max={most} value={Math.min(used, most)} aria-label={name} />
    </div>
  );
}

function Closed() {
  const { c, page, t } = useView();
  const { offline } = t.office;
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const asked = c.office.asked[o.offlineKey];
  if (!asking) {
    return (
      <>
        <p>{offline.closed}</p>
        <p class="actions">
          <button type="button" class="btn btn-outline-primary btn-sm" disabled={c.link !== "online"} onClick={() => setAsking(true)}>
            {offline.openNow}…
          </button>
        </p>
      </>
    );
  }
  return (
    <Confirm
      heading={offline.openNow}
      consequences={offline.consequences}
      understood={offline.understood}
      now={offline.openNow}
      supervised={offline.clerk}
      ready={reason.trim() !== ""}
      busy={asked?.busy ?? false}
      refused={asked}
      onDo={async (signer) => {
        const done = await page.desk.offline("open", reason, signer);
        if (done) setAsking(false);
        return done;
      }}
      onLeave={() => {
        setAsking(false);
        page.desk.forget(o.offlineKey);
      }}
    >
      <Field label={offline.reason} id="offline-reason">
        <input id="offline-reason" class="form-control" autocomplete="off" maxLength={200} value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
      </Field>
    </Confirm>
  );
}
