import { useEffect } from "preact/hooks";
import * as o from "../core/office";
import { isDay } from "../core/day";
import type { Figure, Sum } from "../core/types.gen";
import { useView } from "./context";
import { DayField } from "./DayField";
import { Refused } from "./people";
import { Says } from "./parts";
import { SaveButton } from "./Papers";

/** DayReport is an accounting day in figures, by clerk, terminal and body, and the files that the office keeps. */
export function DayReport() {
  const { c, page, t, euro, day: dayText } = useView();
  const { report: words } = t.office;
  const { day, value: report, error, busy } = c.office.report;
  useEffect(() => {
    if (c.link === "online") void page.desk.loadReport(day);
  }, [c.link]);
  const path = (format: string) => `reports/day?format=${format}${day ? `&date=${day}` : ""}`;
  const sum = (s: Sum) => `${s.count} · ${euro(s.cents)}`;
  return (
    <article class="panel card-wide" aria-labelledby="report-title">
      <h3 id="report-title">{words.heading}</h3>
      <div class="ask">
        <DayField label={words.day} id="report-day" value={day || (report?.day ?? "")} set={(to) => (to === "" || isDay(to)) && void page.desk.loadReport(to)} />
        <p class="actions">
          <SaveButton path={path("pdf")} text={words.pdf} />
          <SaveButton path={path("csv")} text={words.csv} />
        </p>
      </div>
      <Refused of={c.office.asked[o.fileOf(path("pdf"))]} />
      <Refused of={c.office.asked[o.fileOf(path("csv"))]} />
      {error && <Says reason={{ code: error.code, text: error.message, hint: error.hint }} tone="bad" />}
      {!report && busy && <p class="hint">{t.office.loading}</p>}
      {report && (
        <>
          <dl class="figures">
            {(
              [
                [words.charged, sum(report.totals.charged)],
                [words.reversed, sum(report.totals.reversed)],
                [words.net, euro(report.totals.net_cents)],
                [words.registered, sum(report.totals.registered)],
                [words.awaiting, sum(report.totals.awaiting)],
                [words.unknown, sum(report.totals.unknown)],
              ] as const
            ).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          {report.first_receipt && <p class="hint">{words.receipts(report.first_receipt, report.last_receipt ?? report.first_receipt, dayText(report.day))}</p>}
          <div class="table-scroll" tabIndex={0} role="region" aria-label={words.heading}>
            <table class="table table-sm">
              <thead>
                <tr>
                  <th scope="col">{words.who}</th>
                  <th scope="col" class="right">
                    {words.charged}
                  </th>
                  <th scope="col" class="right">
                    {words.reversed}
                  </th>
                  <th scope="col" class="right">
                    {words.net}
                  </th>
                </tr>
              </thead>
              <Rows heading={words.operators} of={report.operators} />
              <Rows heading={words.terminals} of={report.terminals} />
              {report.creditors.length > 1 && <Rows heading={words.creditors} of={report.creditors} />}
            </table>
          </div>
        </>
      )}
    </article>
  );
}

function Rows({ heading, of }: { heading: string; of: Figure[] }) {
  const { c, euro, person } = useView();
  const label = (f: Figure) => (f.label && f.label !== f.key ? f.label : (c.mirror?.terminals.find((x) => x.name === f.key)?.label ?? person(f.key)));
  if (of.length === 0) return null;
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={4}>
          {heading}
        </th>
      </tr>
      {of.map((f) => (
        <tr key={f.key}>
          <td>{label(f)}</td>
          <td class="right nowrap">{euro(f.figures.charged.cents)}</td>
          <td class="right nowrap">{euro(f.figures.reversed.cents)}</td>
          <td class="right nowrap amount-cell">{euro(f.figures.net_cents)}</td>
        </tr>
      ))}
    </tbody>
  );
}
