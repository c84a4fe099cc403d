import { useState } from "preact/hooks";
import { keep } from "../core/files";
import * as o from "../core/office";
import { parts, readiness, type Part } from "../core/status";
import { useNow, useView } from "./context";
import { Icon } from "./Icon";
import { LightMark } from "./Light";
import { Refused, SignerFields, ViewTitle, nobody } from "./people";
import { Facts, Says } from "./parts";
import { Restored } from "./Restored";

/** Status says in one word whether the counter can take payments, why not, and what to do about each part. */
export function Status() {
  const { c, t } = useView();
  const { status } = t.office;
  const now = useNow(c.mirror?.clockOffset ?? 0);
  const { word, why } = readiness(c, o.period(c, now) !== undefined);
  const label = (p: Part) => (p.what === "terminal" ? o.terminalLabel(c, p.name ?? "") : status.parts[p.what]);
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{status.heading}</ViewTitle>
        <p class="hint">{status.intro}</p>
      </div>
      <div class={`panel status-word ${word === "ready" ? "panel-good" : word === "not_ready" ? "panel-bad" : "panel-warn"}`} role="status">
        <Icon name={word === "ready" ? "check-circle" : word === "not_ready" ? "close-circle" : "help-circle"} tone={word === "ready" ? "good" : word === "not_ready" ? "bad" : "warn"} />
        <p>
          <strong>{word === "not_ready" ? status.notReady(why.map(label).join(", ") || status.parts.terminal) : status.words[word]}</strong>
        </p>
      </div>
      <div class="cards cards-small">
        {parts(c).map((p) => (
          <OnePart key={`${p.what} ${p.name ?? ""}`} part={p} label={label(p)} />
        ))}
        <ForSupport />
      </div>
    </section>
  );
}

function OnePart({ part: p, label }: { part: Part; label: string }) {
  const { c, t } = useView();
  const { status } = t.office;
  const id = `status-${p.what}-${p.name ?? ""}`;
  const waits = o.restored(c);
  const word = p.what === "platform" ? t.platformLights[p.light] : p.what === "service" ? status.service[p.light === "ready" ? "here" : "lost"] : t.lights[p.light];
  return (
    <article class={`panel ${p.what === "ledger" ? "card-wide" : ""}`} aria-labelledby={id}>
      <h3 id={id} class="desk-title">
        {label} <LightMark light={p.light} word={word} />
      </h3>
      {p.reason && <Says reason={p.reason} tone={p.light === "not_ready" ? "bad" : "warn"} />}
      {!p.reason && p.light === "not_ready" && <p>{status.todo[p.what]}</p>}
      {p.what === "ledger" && waits && <Restored of={waits} />}
      {p.what === "terminal" && <OfTerminal name={p.name ?? ""} />}
      {p.what === "platform" && <OfPlatform />}
      {p.what === "service" && <OfService />}
      {p.what === "printer" && c.mirror?.printer && c.mirror.printer.waiting > 0 && <p class="hint">{t.office.papers.waiting(c.mirror.printer.waiting)}</p>}
    </article>
  );
}

function OfTerminal({ name }: { name: string }) {
  const { c, page, t, when } = useView();
  const { status } = t.office;
  const x = c.mirror?.terminals.find((one) => one.name === name);
  const asked = c.office.asked[o.statusOf(name)];
  const told = c.office.reports[o.statusOf(name)];
  if (!x) return null;
  return (
    <>
      {x.needs_adopt && <p>{t.terminal.adoptText}</p>}
      {x.unproven && <p>{t.terminal.unproven}</p>}
      <Facts
        of={[
          [status.terminalID, x.passport?.terminal_id],
          [status.software, x.passport?.software],
          [status.commissioned, x.passport ? when(x.passport.at) : status.never],
        ]}
      />
      {told && <p role="status">{`${when(told.at)}: ${told.report.text || t.lights[told.report.terminal.light]}`}</p>}
      <Refused of={asked} />
      <p class="actions">
        {(x.needs_adopt || x.locked) && (
          <button type="button" class="btn btn-outline-primary btn-xs" onClick={() => page.show(x.locked ? "verify" : "till")}>
            {x.locked ? t.unknown.toVerify : t.office.nav.toTill}
          </button>
        )}
        <button type="button" class="btn btn-outline-primary btn-xs" disabled={asked?.busy || c.link !== "online" || x.light === "busy"} onClick={() => void page.desk.tryTerminal(name)}>
          {asked?.busy ? t.office.busy : status.tryIt}
        </button>
      </p>
    </>
  );
}

function OfPlatform() {
  const { c, page, t, when } = useView();
  const { status, queue } = t.office;
  const depth = c.mirror?.queue?.depth ?? 0;
  return (
    <>
      <Facts
        of={[
          [status.seen, c.mirror?.platform.seen_at && when(c.mirror.platform.seen_at)],
          [queue.depth, String(depth)],
        ]}
      />
      {depth > 0 && (
        <p class="actions">
          <button type="button" class="btn btn-outline-primary btn-xs" onClick={() => page.show("queue")}>
            {t.office.nav.views.queue}
          </button>
        </p>
      )}
    </>
  );
}

function OfService() {
  const { c, t } = useView();
  const { status } = t.office;
  const off = Math.round((c.mirror?.clockOffset ?? 0) / 1000);
  return (
    <>
      <Facts
        of={[
          [status.version, c.mirror?.version],
          [t.header.operator, c.operator?.name],
        ]}
      />
      {Math.abs(off) > 60 && <Says reason={{ code: "", text: status.clock(Math.abs(off)), hint: status.clockTodo }} tone="warn" />}
    </>
  );
}

/** ForSupport gathers what the support needs, shows all of it, and saves it when somebody has read it. */
function ForSupport() {
  const { c, page, t } = useView();
  const { bundle } = t.office.status;
  const [signer, setSigner] = useState(nobody);
  const { busy, value, error } = c.office.bundle;
  const needsSigner = c.operator?.role === "clerk";
  const gather = async () => {
    await page.desk.gather(needsSigner ? signer : undefined);
    setSigner(nobody);
  };
  return (
    <article class="panel card-wide" aria-labelledby="bundle-title">
      <h3 id="bundle-title">{bundle.heading}</h3>
      <p class="hint">{bundle.text}</p>
      {error && <Says reason={{ code: error.code, text: error.message, hint: error.hint }} tone="warn" detail={error.detail} />}
      {needsSigner && !value && <SignerFields signer={signer} set={setSigner} heading={bundle.clerk} />}
      <p class="actions">
        <button type="button" class="btn btn-primary btn-sm" disabled={busy || c.link !== "online" || (needsSigner && !value && (signer.operator.trim() === "" || signer.pin === ""))} onClick={() => (value && needsSigner ? page.desk.dropBundle() : void gather())}>
          {busy ? bundle.busy : value && needsSigner ? bundle.again : bundle.gather}
        </button>
        {value && (
          <button type="button" class="btn btn-outline-primary btn-sm" onClick={() => keep(value)}>
            {bundle.save}
          </button>
        )}
      </p>
      {value && (
        <>
          <p>
            {bundle.read} <strong>{value.name}</strong>
          </p>
          {value.sha256 && (
            <p class="hash">
              SHA-256: <code>{value.sha256}</code> {value.whole === false && <strong class="field-wrong">{bundle.broken}</strong>}
            </p>
          )}
          <pre class="slip bundle" tabIndex={0} role="region" aria-label={bundle.heading}>
            {value.text}
          </pre>
        </>
      )}
    </article>
  );
}
