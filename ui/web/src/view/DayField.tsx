import { useState } from "preact/hooks";
import { dayOf, isDay, mayBecomeDay, moved } from "../core/day";
import { useView } from "./context";
import { Field } from "./people";

/**
 * DayField is a day as the counter's language writes it, whatever the browser's is: typed, or moved by the arrows.
 * set gets 2026-11-22, an empty text for none, or, until it is a day, what is written.
 */
export function DayField({ label, id, value, set, wrong, required, onLeave }: {
  label: string;
  id: string;
  value: string;
  set: (day: string) => void;
  wrong?: string;
  required?: boolean;
  onLeave?: () => void;
}) {
  const { c, t, date, day } = useView();
  const [typed, write] = useState<string>(); // while it is being written
  const text = typed ?? value;
  const none = text.trim() !== "" && !dayOf(text, typed === undefined) && (typed === undefined || !mayBecomeDay(typed));
  const told = wrong ?? (none ? t.office.day.wrong : undefined);
  const put = (now: string, ended: boolean) => set(dayOf(now, ended) ?? now.trim());
  const leave = () => {
    if (typed !== undefined) put(typed, true);
    write(undefined);
    onLeave?.();
  };
  const arrow = (e: KeyboardEvent) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[e.key];
    if (!by) return;
    e.preventDefault();
    const now = dayOf(text, true);
    write(undefined);
    set(now ? moved(now, by) : (dayOf(date(new Date(Date.now() + (c.mirror?.clockOffset ?? 0)).toISOString()), true) ?? ""));
  };
  return (
    <Field label={label} id={id} wrong={told}>
      <input
        id={id}
        class="form-control"
        autocomplete="off"
        spellcheck={false}
        maxLength={14}
        placeholder={t.office.day.shape}
        required={required}
        value={typed ?? (isDay(value) ? day(value) : value)}
        aria-invalid={told !== undefined}
        aria-describedby={told ? `${id}-wrong` : undefined}
        onInput={(e) => {
          write(e.currentTarget.value);
          put(e.currentTarget.value, false);
        }}
        onBlur={leave}
        onKeyDown={arrow}
      />
    </Field>
  );
}
