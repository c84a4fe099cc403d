import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Signer } from "../core/desk";
import { partOf, type Asked } from "../core/office";
import type { Proposal } from "../core/types.gen";
import { useNow, useView } from "./context";
import { Icon } from "./Icon";
import { Says } from "./parts";

/** ViewTitle is a view's heading; the focus comes here when the view is opened, so that it is read out. */
export function ViewTitle({ id, children }: { id: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    // A scan that is being typed keeps the field.
    if (!(document.activeElement instanceof HTMLInputElement) || document.activeElement.value === "") heading.current?.focus();
  }, []);
  return (
    <h2 id={id} class="view-title" tabIndex={-1} ref={heading}>
      {children}
    </h2>
  );
}

/** Refused says why a decision was not taken, when, and what to do. */
export function Refused({ of }: { of: Asked | undefined }) {
  const { t, time } = useView();
  if (!of?.error) return null;
  const { code, message, hint, detail, retry_after_s: again } = of.error;
  return (
    <div role="alert">
      <Says reason={{ code, text: message, hint: of.lost ? t.office.lost : hint }} tone={of.lost || code === "state_changed" ? "warn" : "bad"} detail={detail} />
      <p class="hint">
        {of.at && t.office.refusedAt(time(of.at))} {code === "state_changed" && t.office.reread}
      </p>
      {of.at && again && <Countdown key={of.at} until={Date.parse(of.at) + again * 1000} />}
    </div>
  );
}

// Countdown says how long it still takes, for the eye: what is read out does not change every second.
function Countdown({ until }: { until: number }) {
  const { t, elapsed } = useView();
  const left = Math.ceil((until - useNow(0)) / 1000);
  return (
    <p class="hint" aria-live="off">
      <Icon name="clock" /> {left > 0 ? t.office.againIn(elapsed(left)) : t.office.againNow}
    </p>
  );
}

/** SignerFields are the name and the PIN of somebody who signs at this counter. */
export function SignerFields({ signer, set, heading }: { signer: Signer; set: (s: Signer) => void; heading: string }) {
  const { t } = useView();
  const id = useId();
  return (
    <fieldset class="signer">
      <legend>{heading}</legend>
      <p class="hint">{t.office.sign.text}</p>
      <div class="fields">
        <Field label={t.office.sign.operator} id={`${id}-operator`}>
          <input id={`${id}-operator`} class="form-control" autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={64} value={signer.operator} onInput={(e) => set({ ...signer, operator: e.currentTarget.value })} />
        </Field>
        <Field label={t.office.sign.pin} id={`${id}-pin`}>
          <input id={`${id}-pin`} class="form-control" type="password" inputMode="numeric" autocomplete="off" maxLength={64} value={signer.pin} onInput={(e) => set({ ...signer, pin: e.currentTarget.value })} />
        </Field>
      </div>
    </fieldset>
  );
}

export const nobody: Signer = { operator: "", pin: "" };

/** Field is a label above what it labels. */
export function Field({ label, id, children, wrong }: { label: string; id: string; children: ComponentChildren; wrong?: string }) {
  return (
    <div class="field">
      <label class="form-label" for={id}>
        {label}
      </label>
      {children}
      {wrong && (
        <p id={`${id}-wrong`} class="field-wrong">
          {wrong}
        </p>
      )}
    </div>
  );
}

/** Countersign is the part of a second person: to sign another's proposal, or to turn it down. */
export function Countersign({ proposal, what, busy, refused, onSign }: {
  proposal: Proposal;
  what: string;
  busy: boolean;
  refused: Asked | undefined;
  onSign: (accept: boolean, signer?: Signer) => Promise<boolean>;
}) {
  const { c, t, person, time } = useView();
  const [signer, setSigner] = useState(nobody);
  const part = partOf(c, proposal.by);
  const offline = c.link !== "online";
  const sign = async (accept: boolean, by?: Signer) => {
    await onSign(accept, by);
    setSigner(nobody); // a PIN does not stay on the screen, whatever came of it
  };
  const filled = signer.operator.trim() !== "" && signer.pin !== "";
  return (
    <div class="countersign">
      <p>
        <strong>{t.office.sign.waits(person(proposal.by), time(proposal.at))}</strong>
      </p>
      <p class="proposed">{what}</p>
      <Refused of={refused} />
      {part === "sign" && (
        <p class="actions">
          <button type="button" class="btn btn-primary btn-sm" disabled={busy || offline} onClick={() => void sign(true)}>
            {t.office.sign.accept}
          </button>
          <button type="button" class="btn btn-outline-primary btn-sm" disabled={busy || offline} onClick={() => void sign(false)}>
            {t.office.sign.refuse}
          </button>
        </p>
      )}
      {part === "own" && (
        <p class="actions">
          <span>{t.office.sign.own}</span>
          <button type="button" class="btn btn-outline-primary btn-sm" disabled={busy || offline} onClick={() => void sign(false)}>
            {t.office.sign.takeBack}
          </button>
        </p>
      )}
      {part === "fetch" && <p>{t.office.sign.fetch}</p>}
      {part !== "sign" && (
        <>
          <SignerFields signer={signer} set={setSigner} heading={t.office.sign.supervisor} />
          <p class="actions">
            <button type="button" class="btn btn-primary btn-sm" disabled={busy || offline || !filled} onClick={() => void sign(true, signer)}>
              {t.office.sign.accept}
            </button>
            <button type="button" class="btn btn-outline-primary btn-sm" disabled={busy || offline || !filled} onClick={() => void sign(false, signer)}>
              {t.office.sign.refuse}
            </button>
          </p>
        </>
      )}
    </div>
  );
}

/**
 * Confirm asks before what cannot be undone. The key that does it is dead until a box is ticked, and a box is
 * ticked by the space bar or the mouse: the Enter that ends a scan can do neither. Not modal: the counter
 * behind it goes on talking.
 */
export function Confirm({ heading, consequences, understood, now, supervised, ready = true, busy, refused, onDo, onLeave, children }: {
  heading: string;
  consequences: readonly string[];
  understood: string;
  now: string;
  /** What to say to a clerk, where it takes a supervisor: somebody else signs here. */
  supervised?: string;
  /** What else it asks for is filled in. */
  ready?: boolean;
  busy: boolean;
  refused: Asked | undefined;
  onDo: (signer?: Signer) => Promise<boolean>;
  onLeave: () => void;
  children?: ComponentChildren;
}) {
  const { c, t } = useView();
  const id = useId();
  const [sure, setSure] = useState(false);
  const [signer, setSigner] = useState(nobody);
  const leave = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => leave.current?.focus(), []);
  const needsSigner = supervised !== undefined && c.operator?.role !== "supervisor";
  const filled = !needsSigner || (signer.operator.trim() !== "" && signer.pin !== "");
  const go = async () => {
    const done = await onDo(needsSigner ? signer : undefined);
    if (done) return;
    setSigner(nobody);
    setSure(false);
  };
  return (
    <section class="confirm" aria-labelledby={`${id}-heading`}>
      <h3 id={`${id}-heading`}>{heading}</h3>
      <ul>
        {consequences.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {children}
      {needsSigner && <SignerFields signer={signer} set={setSigner} heading={supervised} />}
      <label class="tick">
        <input type="checkbox" checked={sure} onChange={(e) => setSure(e.currentTarget.checked)} />
        <span>{understood}</span>
      </label>
      <Refused of={refused} />
      <p class="actions">
        <button type="button" class="btn btn-outline-primary btn-sm" ref={leave} onClick={onLeave}>
          {t.office.confirm.no}
        </button>
        <button type="button" class="btn btn-danger btn-sm" disabled={!sure || !filled || !ready || busy || c.link !== "online"} onClick={() => void go()}>
          {busy ? t.office.busy : now}
        </button>
      </p>
    </section>
  );
}
