import { hours } from "../core/takings";
import { useView } from "./context";

// The picture's grid: hours side by side, the highest fills it.
const high = 100;
const step = 28;

/** Takings are today's charges by hour, as a picture and, for who does not see it, as a list. */
export function Takings() {
  const { c, t, euro } = useView();
  const { closing } = t.office;
  const now = Date.now() + (c.mirror?.clockOffset ?? 0);
  const all = hours(c.mirror?.payments ?? [], now);
  const most = Math.max(...all.map((h) => h.cents), 1);
  const total = all.reduce((sum, h) => sum + h.cents, 0);
  return (
    <article class="panel" aria-labelledby="takings-title">
      <h3 id="takings-title" class="desk-title">
        {closing.takings}
        <span class="heading-amount">{euro(total)}</span>
      </h3>
      {all.length === 0 ? (
        <p class="hint">{closing.noTakings}</p>
      ) : (
        <>
          <svg class="bars" preserveAspectRatio="xMinYMax" viewBox={`0 0 ${Math.max(all.length * step, 8 * step)} ${high + 18}`} aria-hidden="true" focusable="false">
            {all.map((h, i) => {
              const tall = h.cents > 0 ? Math.max((h.cents / most) * high, 2) : 0;
              return (
                <g key={h.hour}>
                  <rect x={i * step + 4} y={high - tall} width={step - 8} height={tall} />
                  <text x={i * step + step / 2} y={high + 14} text-anchor="middle">
                    {h.hour}
                  </text>
                </g>
              );
            })}
          </svg>
          <ul class="visually-hidden">
            {all.filter((h) => h.count > 0).map((h) => (
              <li key={h.hour}>{closing.takingsHour(String(h.hour), h.count, euro(h.cents))}</li>
            ))}
          </ul>
        </>
      )}
    </article>
  );
}
