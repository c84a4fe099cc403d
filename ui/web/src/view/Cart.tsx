import { codeOf, dead, mustAccept, picked, total, type Line, type Run } from "../core/cart";
import { paymentOf, terminalInHand, type Next, type Stage } from "../core/counter";
import { notice } from "../core/format";
import type { Payment, State } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { EnterKey, LeaveButton, Says, type Tone } from "./parts";
import { registrationTone, shownOf } from "./registration";

/** CartPanel is several notices of one citizen: each with what may be done with it, the sum, and how it will be charged. */
export function CartPanel({ at }: { at: Extract<Stage, { kind: "cart" }> }) {
  const { c, page, t, euro } = useView();
  const { cart, plan, asks, block } = at;
  const terminal = terminalInHand(c);
  const name = terminal?.label || terminal?.name || "";
  const n = cart.lines.length;
  const marked = picked(cart);
  const sum = total(cart.lines);
  const how = () => {
    if (n === 1) return t.cart.one(name);
    return plan.together ? t.cart.together(name) : t.cart.apart(n, name);
  };
  return (
    <section class="panel panel-debt panel-cart" aria-labelledby="work-title">
      <h2 id="work-title">{t.cart.heading(n)}</h2>
      {cart.note && <Says reason={cart.note} tone="warn" />}
      {cart.done.length > 0 && <p>{t.cart.stopped}</p>}
      <div class="split">
        <div class="split-end">
          <p class="amount">
            <span class="visually-hidden">{t.cart.total}: </span>
            {euro(sum)}
          </p>
          <p>
            <button
              type="button"
              class={`btn btn-lg ${asks ? "btn-outline-primary" : "btn-success"}`}
              disabled={block !== undefined}
              onClick={() => page.primary()}
            >
              {asks ? t.debt.accept(euro(asks.debt?.amount_cents ?? 0)) : plan.together ? t.debt.charge(euro(sum)) : t.cart.first(euro(total(plan.now)))}
              <EnterKey />
            </button>
          </p>
          {block ? <Blocked block={block} /> : <p class="hint cart-how">{how()}</p>}
        </div>
        <div class="cart">
          {cart.done.length > 0 && <RunList of={{ done: cart.done, rest: [] }} />}
          <ol class="cart-lines" aria-label={t.cart.list}>
            {cart.lines.map((line) => (
              <CartLine key={line.id} line={line} marked={line.id === marked?.id} />
            ))}
          </ol>
        </div>
      </div>
      <p class="actions">
        <LeaveButton />
        <span class="hint">{t.cart.keys}</span>
      </p>
    </section>
  );
}

function CartLine({ line, marked }: { line: Line; marked: boolean }) {
  const { page, t, euro, day } = useView();
  const { debt } = line;
  const differs = mustAccept(line);
  const name = debt?.description || line.code;
  return (
    <li class={`cart-line ${marked ? "cart-line-marked" : ""} ${dead(line) ? "cart-line-bad" : ""}`} aria-current={marked ? "true" : undefined}>
      <div class="cart-what">
        <p>
          <strong>{line.busy ? t.cart.looking : debt ? name : t.unreadable.heading}</strong>
        </p>
        <p class="hint">
          {debt
            ? [debt.creditor_name || debt.creditor, debt.debtor, debt.due_date && t.cart.due(day(debt.due_date)), notice(debt.number)].filter(Boolean).join(" · ")
            : line.code}
        </p>
        <Doubts line={line} differs={differs} />
      </div>
      <div class="cart-end">
        {debt && <p class="cart-amount">{euro(debt.amount_cents)}</p>}
        {differs && debt?.printed_cents !== undefined && <p class="printed">{t.debt.printed(euro(debt.printed_cents))}</p>}
        <button type="button" class="btn btn-link btn-xs" onClick={() => page.basket.remove(line.id)}>
          <span>{t.cart.remove}</span>
          <span class="visually-hidden"> {name}</span>
          {marked && <kbd aria-hidden="true">{t.language === "it" ? "Canc" : t.language === "de" ? "Entf" : "Del"}</kbd>}
        </button>
      </div>
    </li>
  );
}

// Doubts: why a line cannot be charged, or what to say before it is.
function Doubts({ line, differs }: { line: Line; differs: boolean }) {
  const { t } = useView();
  const { debt, error } = line;
  const told: [tone: Tone, text: string][] = [];
  if (error) told.push(["bad", error.message]);
  else if (debt && !debt.payable) told.push(["bad", `${t.cart.notPayable}: ${debt.reason?.text ?? ""}`]);
  else if (differs) told.push(["warn", t.debt.differs]);
  if (debt?.payable && debt.offline) told.push(["warn", t.office.offline.unverified]);
  for (const w of debt?.warnings ?? []) if (!w.code.startsWith("offline_") && !w.code.startsWith("amount_")) told.push([w.code === "scan_repaired" ? "info" : "warn", w.text]);
  return (
    <>
      {told.map(([tone, text]) => (
        <p key={text} class={`cart-doubt says-${tone}`}>
          <Icon name={tone === "bad" ? "close-circle" : tone === "warn" ? "warning-circle" : "info-circle"} />
          {text}
        </p>
      ))}
    </>
  );
}

/** Blocked says why nothing can be charged now. */
export function Blocked({ block }: { block: keyof ReturnType<typeof useView>["t"]["blocks"] }) {
  const { t } = useView();
  return (
    <p class="why">
      <Icon name="warning-circle" tone="warn" />
      {t.blocks[block]}
    </p>
  );
}

const shapes: Record<Tone, IconName> = { good: "check-circle", warn: "warning-circle", bad: "close-circle", info: "clock" };

function toneOf(state: State): Tone {
  if (state === "charged") return "good";
  if (state === "not_charged" || state === "reversed") return "bad";
  return state === "open" || state === "sent" ? "info" : "warn";
}

/** RunList is a cart that is charged one after another: what is charged, what is not known, what is still to come. */
export function RunList({ of, now }: { of: Run; now?: Payment }) {
  const { c, t, euro } = useView();
  const before = of.done.flatMap((id) => paymentOf(c, id) ?? []);
  const rows: [tone: Tone, state: string, what: string, cents: number][] = [];
  for (const p of now ? [...before, now] : before) {
    rows.push([toneOf(p.state), t.states[p.state], p.notices.map((n) => n.description).filter(Boolean).join("; "), p.charge?.amount_cents || p.amount_cents]);
  }
  for (const line of of.rest) rows.push(["info", t.cart.waits, line.debt?.description ?? line.code, line.debt?.amount_cents ?? 0]);
  return (
    <ol class="run" aria-label={t.cart.run}>
      {rows.map(([tone, state, what, cents], i) => (
        <li key={i}>
          <span class={`mark mark-${tone}`}>
            <Icon name={shapes[tone]} />
            {state}
          </span>
          <span class="run-what">{what}</span>
          {cents > 0 && <span class="run-amount">{euro(cents)}</span>}
        </li>
      ))}
    </ol>
  );
}

/** NoticeList is the notices of one transaction, each with what the platform knows of it. */
export function NoticeList({ payment }: { payment: Payment }) {
  const { t, euro } = useView();
  return (
    <ol class="run" aria-label={t.cart.run}>
      {payment.notices.map((n) => {
        const reg = shownOf(n);
        const tone = registrationTone(reg);
        return (
          <li key={codeOf(n)}>
            <span class={`mark mark-${tone}`}>
              <Icon name={shapes[tone]} />
              {t.registrations[reg]}
            </span>
            <span class="run-what">{[n.description, notice(n.number)].filter(Boolean).join(" · ")}</span>
            <span class="run-amount">{euro(n.amount_cents)}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** RunPart stands on the outcome of a notice that is one of several: how far it is, and what is left. */
export function RunPart({ run, now, next }: { run: Run | undefined; now?: Payment; next?: Next }) {
  const { c, page, t, euro } = useView();
  if (!run) return null;
  const of = run.done.length + 1 + run.rest.length;
  const all = [...run.done.map((id) => paymentOf(c, id)), now];
  const done = run.rest.length === 0 && all.every((p) => p?.state === "charged");
  const sum = all.reduce((cents, p) => cents + (p?.charge?.amount_cents || p?.amount_cents || 0), 0);
  // What Esc does here: see Charging.stop.
  const stops = now ? now.state === "not_charged" || (run.rest.length > 0 && now.state !== "sent" && now.state !== "open") : true;
  return (
    <div class="run-part">
      <h3>
        {done ? t.cart.allDone(of, euro(sum)) : t.cart.progress(run.done.length + 1, of)}
        {run.rest.length > 0 && <span class="hint"> {t.cart.rest(run.rest.length, euro(total(run.rest)))}</span>}
      </h3>
      <div class="run-split">
        <div class="run-end">
          {next && (
            <button
              type="button"
              class={`btn btn-lg ${next.differs ? "btn-outline-primary" : "btn-success"}`}
              disabled={next.block !== undefined}
              onClick={() => page.primary()}
            >
              {next.differs ? t.debt.accept(euro(next.line.debt?.amount_cents ?? 0)) : t.cart.next(euro(next.line.debt?.amount_cents ?? 0))}
              <EnterKey />
            </button>
          )}
          {next?.block && next.block !== "busy" && <Blocked block={next.block} />}
          {stops && (
            <button type="button" class="btn btn-link btn-xs" onClick={() => page.clear()}>
              <span>{t.cart.stop}</span> <kbd>Esc</kbd>
            </button>
          )}
        </div>
        <RunList of={run} now={now} />
      </div>
    </div>
  );
}
