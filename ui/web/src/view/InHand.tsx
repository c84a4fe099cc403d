import { total } from "../core/cart";
import { stage, unasked, type Stage } from "../core/counter";
import { phaseText, turnText, type Texts } from "../core/i18n";
import { useView } from "./context";
import { Icon } from "./Icon";
import type { Tone } from "./parts";
import { Stopwatch } from "./Progress";

/** InHand keeps what is in hand at the counter in sight on every other view. */
export function InHand() {
  const { c, page, t, euro } = useView();
  const at = stage(c);
  const line = inHand(at, t, euro);
  if (!line) return null;
  const activity = "activity" in at ? at.activity : undefined;
  return (
    <section class={`in-hand in-hand-${line.tone}`} aria-label={t.office.nav.inHand}>
      <Icon name={line.tone === "good" ? "check-circle" : line.tone === "info" ? "clock" : "warning-circle"} tone={line.tone} />
      <p>
        <strong>{line.heading}</strong> {line.text}
      </p>
      {activity && <Stopwatch since={activity.since} />}
      <button type="button" class="btn btn-outline-primary btn-xs" onClick={() => page.show("till")}>
        {t.office.nav.toTill}
      </button>
    </section>
  );
}

/** inHand is the stage in one line; undefined when there is nothing in hand. */
export function inHand(at: Stage, t: Texts, euro: (cents: number) => string): { tone: Tone; heading: string; text: string } | undefined {
  switch (at.kind) {
    case "idle":
      return undefined;
    case "looking":
      return { tone: "info", heading: t.looking, text: "" };
    case "unreadable":
      return { tone: "bad", heading: unasked(at.error) ? t.unreadable.unasked : t.unreadable.heading, text: at.error.message };
    case "debt":
      return { tone: "info", heading: `${at.debt.payable ? t.debt.heading : t.debt.notPayable} ${euro(at.debt.amount_cents)}`, text: at.debt.description };
    case "cart":
      return { tone: at.block === "line" ? "warn" : "info", heading: t.cart.heading(at.cart.lines.length), text: euro(total(at.cart.lines)) };
    case "working":
      return { tone: "info", heading: `${workingText(at, t)} ${at.cents ? euro(at.cents) : ""}`, text: `${turnText(t, at.phase)}: ${phaseText(t, at.phase)}` };
    case "lost":
      return { tone: "warn", heading: t.lost.heading, text: "" };
    case "refused":
      return { tone: "bad", heading: t.refused.heading, text: at.error.message };
    case "unknown":
      return { tone: "warn", heading: `${t.unknown.heading} ${euro(at.payment.amount_cents)}`, text: "" };
    case "declined":
      return { tone: "bad", heading: `${t.declined.heading} ${euro(at.payment.amount_cents)}`, text: at.payment.reason?.text ?? "" };
    case "charged":
      return {
        tone: at.payment.state === "charged" ? "good" : "warn",
        heading: `${t.states[at.payment.state]} ${euro(at.payment.charge?.amount_cents || at.payment.amount_cents)}`,
        text: "",
      };
  }
}

/** workingText names what the terminal is at. */
export function workingText(at: Extract<Stage, { kind: "working" }>, t: Texts): string {
  return at.payment?.state === "reversing" ? t.working.reversal : t.working.heading;
}
