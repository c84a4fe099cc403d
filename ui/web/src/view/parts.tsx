import type { Reason } from "../core/types.gen";
import { Icon } from "./Icon";
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

const icons: Record<Tone, string> = {
  good: "check-circle",
  warn: "warning-circle",
  bad: "close-circle",
  info: "info-circle",
};

/** Says shows the service's own words: why, then what to do. */
export function Says({ reason, tone, detail }: { reason: Reason; tone: Tone; detail?: string }) {
  return (
    <div class={`says says-${tone}`}>
      <Icon name={icons[tone]} tone={tone} />
      <p>
        <strong>{reason.text}</strong> {reason.hint}
        {detail && <small class="detail-code"> ({detail})</small>}
      </p>
    </div>
  );
}

/** EnterKey shows that Enter does the same. */
export function EnterKey() {
  const { t } = useView();
  return <kbd>{t.language === "it" ? "Invio" : "Enter"}</kbd>;
}
