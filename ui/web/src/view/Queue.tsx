import { notice } from "../core/format";
import type { Texts } from "../core/i18n";
import * as o from "../core/office";
import type { QueueItem, QueueStatus } from "../core/types.gen";
import { useNow, useView } from "./context";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { OfflinePanel } from "./Offline";
import { Says, type Tone } from "./parts";
import { RowButton } from "./PaymentTable";
import { ViewTitle } from "./people";

/** Queue is what waits for the platform, with both of its clocks (design 10), and the period without it. */
export function Queue() {
  const { c, t } = useView();
  const { queue } = c.office;
  const items = o.inLine(queue.value ?? []);
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{t.office.queue.heading}</ViewTitle>
        <p class="hint">{items.length || !queue.value ? t.office.queue.intro : t.office.queue.none}</p>
      </div>
      {c.mirror?.queue && <Status of={c.mirror.queue} />}
      {queue.error && <Says reason={{ code: queue.error.code, text: queue.error.message, hint: queue.error.hint }} tone="bad" />}
      <div class="columns">
        {items.length > 0 && <Items items={items} />}
        <OfflinePanel />
      </div>
    </section>
  );
}

/** Status is the queue in a few figures, each with its word; the bar fills while it drains. */
function Status({ of: s }: { of: QueueStatus }) {
  const { c, t, when } = useView();
  const { queue } = t.office;
  const platform = c.mirror?.platform;
  const away = s.away || platform?.light === "not_ready"; // whoever noticed first
  const why = s.reason ?? platform?.reason;
  const figures: [string, string, Tone?][] = [
    [queue.depth, String(s.depth)],
    [queue.late, String(s.late), s.late ? "warn" : undefined],
    [queue.red, String(s.red), s.red ? "bad" : undefined],
  ];
  if (s.oldest) figures.push([queue.oldest, when(s.oldest)]);
  if (s.next_try && s.depth > 0) figures.push([queue.next, when(s.next_try)]);
  return (
    <div class="panel queue-status">
      <dl class="figures">
        {figures.map(([name, value, tone]) => (
          <div key={name} class={tone && `figure-${tone}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {away ? (
        <Says reason={{ code: "", text: queue.away, hint: why?.text }} tone="warn" />
      ) : s.draining ? (
        <div class="drain">
          <p>
            <strong>{queue.draining(s.done, s.total)}</strong>
          </p>
          <progress max={Math.max(s.total, 1)} value={s.done} aria-label={queue.drain} />
        </div>
      ) : (
        <p class="hint">{queue.here}</p>
      )}
    </div>
  );
}

function Items({ items }: { items: QueueItem[] }) {
  const { t } = useView();
  const { queue } = t.office;
  return (
    <div class="panel table-scroll" tabIndex={0} role="region" aria-label={queue.list}>
      <table class="table table-sm">
        <thead>
          <tr>
            <th scope="col">{queue.state}</th>
            <th scope="col" class="right">
              {queue.amount}
            </th>
            <th scope="col">{queue.notice}</th>
            <th scope="col">{queue.since}</th>
            <th scope="col">{queue.clock}</th>
            <th scope="col" class="wide">
              {queue.tries}
            </th>
            <th scope="col">
              <span class="visually-hidden">{t.office.openStory}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Item key={`${item.payment_id} ${item.number}`} item={item} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const marks: Record<o.Urgency, { tone: Tone; icon: IconName }> = {
  green: { tone: "info", icon: "clock" },
  amber: { tone: "warn", icon: "warning-circle" },
  red: { tone: "bad", icon: "close-circle" },
};

function Item({ item }: { item: QueueItem }) {
  const { page, t, euro, when } = useView();
  const { queue } = t.office;
  const mark = marks[o.urgency(item)];
  const why = item.poisoned ? queue.poisoned : item.reason?.text;
  return (
    <>
      <tr class={why ? "row-told" : ""}>
        <td>
          <span class={`mark mark-${mark.tone}`}>
            <Icon name={mark.icon} />
            {queue.marks[o.urgency(item)]}
          </span>
        </td>
        <td class="right nowrap amount-cell">{euro(item.amount_cents)}</td>
        <td class="nowrap">{notice(item.number).replaceAll("\u00a0", " ")}</td>
        <td class="nowrap">{when(item.since)}</td>
        <td>
          <Clock item={item} />
        </td>
        <td class="wide">
          {item.attempts || item.tries} {item.next_try && <small class="hint nowrap">{queue.then(when(item.next_try))}</small>}
        </td>
        <td class="right">
          <RowButton text={t.payments.detail} label={`${t.payments.detail} ${item.payment_id}`} onClick={() => page.tell(item.payment_id)} />
        </td>
      </tr>
      {why && (
        <tr class="row-why">
          <td colSpan={7}>
            <strong>{why}</strong> {item.reason?.hint}
          </td>
        </tr>
      )}
    </>
  );
}

/** Clock is the deadline that comes next, and how long that is from now. */
function Clock({ item }: { item: QueueItem }) {
  const { c, t, when } = useView();
  const now = useNow(c.mirror?.clockOffset ?? 0);
  const due = item.late || item.red || !item.receipt_due ? item.flow_due : item.receipt_due;
  if (!due) return null;
  const ms = Date.parse(due) - now;
  const { left, past } = t.office.queue;
  return (
    <>
      {when(due)} <small class="hint">({ms >= 0 ? left(spanText(o.span(ms), t)) : past(spanText(o.span(-ms), t))})</small>
    </>
  );
}

/** spanText is a length of time in words. */
export function spanText(s: o.Span, t: Texts): string {
  return t.office.queue[s.unit](s.n);
}
