import type { Reason } from "../core/types.gen";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { useView } from "./context";

/** Facts is a list of names and values; what is empty is left out. */
export function Facts({ of }: { of: [name: string, value: string | undefined][] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) =>
        value ? (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

export type Tone = "good" | "warn" | "bad" | "info";

const shapes: Record<Tone, IconName> = {
  good: "check-circle",
  warn: "warning-circle",
  bad: "close-circle",
  info: "info-circle",
};

/** Says shows the service's own words: why, then what to do. */
export function Says({ reason, tone, detail }: { reason: Reason; tone: Tone; detail?: string }) {
  return (
    <div class={`says says-${tone}`}>
      <Icon name={shapes[tone]} tone={tone} />
      <p>
        <strong>{reason.text}</strong> {reason.hint}
        {detail && <small class="detail-code"> ({detail})</small>}
      </p>
    </div>
  );
}

/** LeaveButton does what Esc does. */
export function LeaveButton() {
  const { page, t } = useView();
  return (
    <button type="button" class="btn btn-link btn-xs" onClick={() => page.clear()}>
      <span>{t.debt.clear}</span> <kbd>Esc</kbd>
    </button>
  );
}

/** PaymentLink opens a payment's detail, where the list has it. */
export function PaymentLink({ id, text }: { id: string | undefined; text: string }) {
  const { c, page } = useView();
  if (!id || !c.mirror?.payments.some((p) => p.id === id)) return null;
  return (
    <button type="button" class="btn btn-link btn-xs" onClick={() => page.open(id)}>
      <span>{text}</span>
    </button>
  );
}

/** EnterKey shows that Enter does the same. */
export function EnterKey() {
  const { t } = useView();
  return <kbd>{t.language === "it" ? "Invio" : "Enter"}</kbd>;
}
