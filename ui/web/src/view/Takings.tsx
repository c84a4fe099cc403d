import { hours, kinds } from "../core/takings";
import { useView } from "./context";

// The pictures' grid: the highest bar fills it.
const high = 100;
const step = 28;
const wide = 240;
const row = 34;

/** Takings are today's charges by hour and by service, as pictures and, for who does not see them, as tables. */
export function Takings() {
  const { c, t, euro } = useView();
  const { closing } = t.office;
  const now = Date.now() + (c.mirror?.clockOffset ?? 0);
  const payments = c.mirror?.payments ?? [];
  const all = hours(payments, now);
  const total = all.reduce((sum, h) => sum + h.cents, 0);
  return (
    <article class="panel card-double" aria-labelledby="takings-title">
      <h3 id="takings-title" class="desk-title">
        {closing.takings}
        <span class="heading-amount">{euro(total)}</span>
      </h3>
      {all.length === 0 ? (
        <p class="hint">{closing.noTakings}</p>
      ) : (
        <div class="pictures">
          <figure>
            <figcaption>{closing.byHour}</figcaption>
            <ByHour of={all} />
            <Told heading={closing.hour} rows={all.filter((h) => h.count > 0).map((h) => [String(h.hour), h.count, h.cents])} />
          </figure>
          <figure>
            <figcaption>{closing.byService}</figcaption>
            <ByService />
          </figure>
        </div>
      )}
    </article>
  );
}

function ByHour({ of: all }: { of: ReturnType<typeof hours> }) {
  const most = Math.max(...all.map((h) => h.cents), 1);
  const slots = Math.max(all.length, 8);
  return (
    <svg class="bars" preserveAspectRatio="xMinYMax" viewBox={`0 0 ${slots * step} ${high + 34}`} aria-hidden="true" focusable="false">
      {all.map((h, i) => {
        const tall = h.cents > 0 ? Math.max((h.cents / most) * high, 2) : 0;
        const middle = i * step + step / 2;
        return (
          <g key={h.hour}>
            <rect x={i * step + 4} y={high + 16 - tall} width={step - 8} height={tall} />
            {h.count > 0 && (
              <text class="bar-value" x={middle} y={high + 12 - tall} text-anchor="middle">
                {Math.round(h.cents / 100)}
              </text>
            )}
            <text x={middle} y={high + 30} text-anchor="middle">
              {h.hour}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function ByService() {
  const { c, t, euro } = useView();
  const { closing } = t.office;
  const all = kinds(c.mirror?.payments ?? [], Date.now() + (c.mirror?.clockOffset ?? 0));
  const most = Math.max(...all.map((k) => k.cents), 1);
  const name = (k: (typeof all)[number]) => k.name || (k.rest ? closing.others : closing.noService);
  return (
    <>
      <svg class="bars" preserveAspectRatio="xMinYMin" viewBox={`0 0 ${wide} ${all.length * row}`} aria-hidden="true" focusable="false">
        {all.map((k, i) => (
          <g key={k.name}>
            <text x={0} y={i * row + 12}>
              {short(name(k))}
            </text>
            <text class="bar-value" x={wide} y={i * row + 12} text-anchor="end">
              {euro(k.cents)}
            </text>
            <rect x={0} y={i * row + 17} width={Math.max((k.cents / most) * wide, 2)} height={10} />
          </g>
        ))}
      </svg>
      <Told heading={closing.service} rows={all.map((k) => [name(k), k.count, k.cents])} />
    </>
  );
}

// A picture has one line for a name; the table has all of it.
const short = (name: string) => (name.length > 28 ? `${name.slice(0, 27)}…` : name);

function Told({ heading, rows }: { heading: string; rows: [name: string, count: number, cents: number][] }) {
  const { t, euro } = useView();
  return (
    <div class="visually-hidden">
      <table>
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            <th scope="col">{t.office.closing.count}</th>
            <th scope="col">{t.payments.amount}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, count, cents]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{count}</td>
              <td>{euro(cents)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
