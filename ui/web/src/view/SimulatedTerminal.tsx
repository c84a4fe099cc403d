import { useEffect, useRef, useState } from "preact/hooks";
import { activityOn, terminalInHand } from "../core/counter";
import { centsOf, look, press, withAmount, type Key, type Simulated } from "../core/simulated";
import { useView } from "./context";
import { Icon } from "./Icon";

/** SimulatedTerminal is the demonstration's terminal with its keys: closed until somebody wants to press one. */
export function SimulatedTerminal() {
  const { c, t } = useView();
  const [open, setOpen] = useState(false);
  if (!c.mirror?.demo) return null;
  return (
    <details class="simulated" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary onMouseDown={keepFocus}>
        <Icon name="chevron-right" />
        <strong>{t.simulated.heading}</strong> <span class="hint">{t.simulated.hint}</span>
      </summary>
      {open && <Front />}
    </details>
  );
}

// The scan field keeps the focus while keys are pressed with the mouse: the next Enter stays the clerk's.
function keepFocus(e: Event) {
  e.preventDefault();
}

function Front() {
  const { t, euro } = useView();
  const { now, said, under, push } = useFront();
  const [amount, setAmount] = useState("7,00");
  const cents = centsOf(amount);
  const button = (key: Key) => (
    <button
      type="button"
      class={`btn btn-xs ${key === "red" ? "btn-danger" : "btn-outline-primary"}`}
      aria-disabled={under.has(key)}
      onMouseDown={keepFocus}
      onClick={() => push(key, withAmount.includes(key) ? (cents ?? "wrong") : undefined)}
    >
      {t.simulated.keys[key]}
    </button>
  );
  return (
    <div class="simulated-front">
      <div class="simulated-screen" role="group" aria-label={t.simulated.screen}>
        <p>{(now && (now.screen || (!now.busy && t.simulated.idle))) || "…"}</p>
        <p>{now ? t.simulated.waits[now.waits || (now.busy ? "busy" : "")] : t.simulated.silent}</p>
      </div>
      <fieldset>
        <legend>{t.simulated.customer}</legend>
        {now?.manual_keys && button("card")}
        {now?.manual_keys && button("pin")}
        {button("red")}
      </fieldset>
      <fieldset>
        <legend>{t.simulated.others}</legend>
        <label for="simulated-amount">{t.simulated.amount}</label>
        <input
          id="simulated-amount"
          class="form-control"
          type="text"
          inputMode="decimal"
          autocomplete="off"
          maxLength={8}
          aria-invalid={cents === undefined}
          value={amount}
          onInput={(e) => setAmount(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter") e.preventDefault(); // it charges nobody from here
          }}
        />
        {button("manual_sale")}
        {button("second_register")}
        {button("manual_reversal")}
        {button("close")}
      </fieldset>
      <fieldset>
        <legend>{t.simulated.power}</legend>
        {button("reboot")}
      </fieldset>
      <p class="hint simulated-said">
        <span role="status">{said}</span> {now && t.simulated.total(euro(now.pos_total_cents))}
      </p>
    </div>
  );
}

/** useFront follows the terminal while its panel is open: once a second, and with every step of a payment. */
function useFront() {
  const { c, page, t } = useView();
  const [now, setNow] = useState<Simulated>();
  const [said, setSaid] = useState("");
  const [under, setUnder] = useState<ReadonlySet<Key>>(new Set());
  const looks = useRef(0); // an older answer never replaces a newer one
  const activity = activityOn(c, terminalInHand(c)?.name);

  const show = async (asked: Promise<Simulated>, settled = false) => {
    const turn = ++looks.current;
    const got = await asked;
    if (turn === looks.current || settled) setNow(got);
    if (settled) looks.current++;
  };

  useEffect(() => {
    const again = () => void show(look(page.api)).catch(() => setNow(undefined));
    again();
    const timer = setInterval(again, 1000);
    return () => {
      clearInterval(timer);
      looks.current++;
    };
  }, [page, activity?.phase, activity?.text]);

  const push = async (key: Key, cents?: number | "wrong") => {
    const name = t.simulated.keys[key] ?? key;
    if (cents === "wrong") return setSaid(t.simulated.wrong);
    if (under.has(key)) return;
    setUnder((before) => new Set(before).add(key));
    setSaid(t.simulated.under(name));
    try {
      await show(press(page.api, key, cents), true);
      setSaid(t.simulated.done(name));
    } catch {
      setSaid(t.simulated.failed(name));
    }
    setUnder((before) => new Set([...before].filter((k) => k !== key)));
  };

  return { now, said, under, push };
}
