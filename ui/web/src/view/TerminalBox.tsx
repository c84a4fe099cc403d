import { activityOn, nextTerminal, terminalInHand } from "../core/counter";
import { isSupervisor } from "../core/api";
import type { Terminal } from "../core/types.gen";
import { useView } from "./context";
import { LightMark } from "./Light";
import { Says } from "./parts";

/** TerminalBox is the terminal in hand by its name, its light, and what a person must do about it. */
export function TerminalBox() {
  const { c, page, t } = useView();
  const terminal = terminalInHand(c);
  if (!terminal) return null;
  const all = c.mirror?.terminals ?? [];
  const light = activityOn(c, terminal.name) ? "busy" : terminal.light;
  const word = (x: Terminal) => {
    if (activityOn(c, x.name)) return t.lights.busy;
    if (x.locked) return t.lights.locked;
    return x.needs_adopt ? t.lights.adopt : t.lights[x.light];
  };
  return (
    <section class={`panel terminal ${terminal.locked || terminal.needs_adopt ? "panel-unknown" : ""}`} aria-labelledby="terminal-title">
      <h2 id="terminal-title" class="terminal-title">
        <span class="visually-hidden">{t.terminal.heading} </span>
        {terminal.label || terminal.name}
      </h2>
      <LightMark light={light} word={word(terminal)} />
      {terminal.reason && light !== "ready" && !terminal.locked && !terminal.needs_adopt && <Says reason={terminal.reason} tone="warn" />}
      {terminal.stopped && <Says reason={terminal.stopped} tone="warn" />}
      {terminal.unproven && !terminal.stopped && <p class="hint">{t.terminal.unproven}</p>}
      {terminal.locked && <Locked terminal={terminal} />}
      {terminal.needs_adopt && <Adopt terminal={terminal} />}
      <Action terminal={terminal} />
      {nextTerminal(c) && (
        <div class="terminal-others" role="group" aria-label={t.terminal.choose}>
          {all.map((x) => (
            <button key={x.name} type="button" class="choice" aria-pressed={x.name === terminal.name} onClick={() => page.terminals.choose(x.name)}>
              {x.label || x.name}
              <span class="choice-light">{word(x)}</span>
            </button>
          ))}
          <span class="hint">{t.terminal.change}</span>
        </div>
      )}
    </section>
  );
}

function Locked({ terminal }: { terminal: Terminal }) {
  const { c, page, t, euro, time } = useView();
  const payment = c.mirror?.payments.find((p) => p.id === terminal.payment_id);
  return (
    <div class="terminal-trouble">
      <h3>{t.terminal.lockedHeading}</h3>
      <p>{payment ? t.terminal.lockedText(euro(payment.amount_cents), time(payment.created_at)) : t.terminal.lockedPlain}</p>
      <p>{terminal.can_free ? t.terminal.canFree : t.terminal.cannotFree}</p>
      {terminal.can_free && (
        <button
          type="button"
          class="btn btn-primary btn-sm"
          disabled={c.link !== "online" || c.action?.busy}
          onClick={() => void page.terminals.free(terminal.name)}
        >
          {t.terminal.free}
        </button>
      )}
    </div>
  );
}

function Adopt({ terminal }: { terminal: Terminal }) {
  const { c, page, t } = useView();
  return (
    <div class="terminal-trouble">
      <h3>{t.terminal.adoptHeading}</h3>
      {terminal.reason && <Says reason={terminal.reason} tone="warn" />}
      <p>{t.terminal.adoptText}</p>
      {isSupervisor(c.operator) ? (
        <button
          type="button"
          class="btn btn-primary btn-sm"
          disabled={c.link !== "online" || c.action?.busy}
          onClick={() => void page.terminals.adopt(terminal.name)}
        >
          {t.terminal.adopt}
        </button>
      ) : (
        <p>
          <strong>{t.terminal.adoptClerk}</strong>
        </p>
      )}
    </div>
  );
}

function Action({ terminal }: { terminal: Terminal }) {
  const { c, t } = useView();
  const { action } = c;
  if (!action || action.terminal !== terminal.name) return null;
  if (action.busy) return <p class="hint" role="status">{action.text ?? t.terminal.busy}</p>;
  if (action.error) {
    const { code, message, hint, detail } = action.error;
    return <Says reason={{ code, text: message, hint }} tone="bad" detail={detail} />;
  }
  return action.text ? <p class="hint">{action.text}</p> : null;
}
