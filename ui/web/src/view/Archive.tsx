import type { ComponentChildren } from "preact";
import { questionOf, type Filter } from "../core/archive";
import type { Registration, State } from "../core/types.gen";
import { useView } from "./context";
import { DayField } from "./DayField";
import { Field, Refused, ViewTitle } from "./people";
import { Says } from "./parts";
import { PaymentTable, RowButton } from "./PaymentTable";
import { SaveButton } from "./Papers";
import { fileOf } from "../core/office";

// What the service puts into one file at most (ui/reports.go).
const mostFiled = 50_000;
const csv = "payments/search?format=csv";

const states: readonly State[] = ["charged", "not_charged", "unknown", "reversing", "reversed"];
const registrations: readonly Registration[] = ["awaiting_receipt", "registered", "held", "paid_elsewhere", "rejected", "closed"];

/** stateOf is what became of the money, or of its registration: one question, of two kinds. */
function stateOf(value: string): Pick<Filter, "state" | "registration"> {
  return { state: states.find((s) => s === value) ?? "", registration: registrations.find((r) => r === value) ?? "" };
}

/** Archive finds payments by what people have in hand. It answers while they type. */
export function Archive() {
  const { c, page, t, date } = useView();
  const { archive } = t.office;
  const { filter, found, busy, error } = c.office.archive;
  const { query, wrong } = questionOf(filter);
  const set = (part: Partial<Filter>) => page.desk.archive.write(part);
  const text = (name: "number" | "debtor" | "amount" | "stan" | "operator", label: string, more: object, after?: ComponentChildren) => (
    <Field label={label} id={`archive-${name}`} wrong={wrong.includes(name) ? archive.wrong[name as keyof typeof archive.wrong] : undefined}>
      <input
        id={`archive-${name}`}
        class="form-control"
        autocomplete="off"
        spellcheck={false}
        value={filter[name]}
        aria-invalid={wrong.includes(name)}
        aria-describedby={wrong.includes(name) ? `archive-${name}-wrong` : undefined}
        onInput={(e) => set({ [name]: e.currentTarget.value })}
        {...more}
      />
      {after}
    </Field>
  );
  const day = (name: "from" | "to", label: string) => (
    <DayField label={label} id={`archive-${name}`} value={filter[name]} set={(to) => set({ [name]: to })} wrong={query.to && wrong.includes(name) ? archive.wrong.to : undefined} />
  );
  const total = found?.total ?? found?.payments.length ?? 0;
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{archive.heading}</ViewTitle>
        <p class="hint">{archive.intro}</p>
      </div>
      <div class="panel">
        <div class="ask archive-ask" role="search" aria-label={archive.heading}>
          {day("from", archive.from)}
          {day("to", archive.to)}
          {text("number", archive.number, { inputMode: "numeric", maxLength: 30 })}
          {text("debtor", archive.debtor, { maxLength: 70, "aria-describedby": "archive-debtor-hint" }, <p class="hint" id="archive-debtor-hint">{archive.debtorHint}</p>)}
          {text("amount", archive.amount, { inputMode: "decimal", maxLength: 14 })}
          {text("stan", t.payments.stan, { inputMode: "numeric", maxLength: 12 })}
          <Field label={archive.state} id="archive-state">
            <select id="archive-state" class="form-control" value={filter.state || filter.registration} onChange={(e) => set(stateOf(e.currentTarget.value))}>
              <option value="">{archive.all}</option>
              <optgroup label={t.payments.charged}>
                {states.map((s) => (
                  <option key={s} value={s}>
                    {t.states[s]}
                  </option>
                ))}
              </optgroup>
              <optgroup label={t.payments.registered}>
                {registrations.map((r) => (
                  <option key={r} value={r}>
                    {t.registrations[r]}
                  </option>
                ))}
              </optgroup>
            </select>
          </Field>
          {text(
            "operator",
            archive.operator,
            { list: "archive-operators", maxLength: 64, autocapitalize: "none" },
            <datalist id="archive-operators">
              {(c.mirror?.operators ?? []).map((x) => (
                <option key={x.id} value={x.id}>
                  {x.name}
                </option>
              ))}
            </datalist>,
          )}
          <Field label={t.payments.terminal} id="archive-terminal">
            <select id="archive-terminal" class="form-control" value={filter.terminal} onChange={(e) => set({ terminal: e.currentTarget.value })}>
              <option value="">{archive.all}</option>
              {(c.mirror?.terminals ?? []).map((x) => (
                <option key={x.name} value={x.name}>
                  {x.label || x.name}
                </option>
              ))}
            </select>
          </Field>
        </div>
        <div class="archive-said">
          <p role="status">
            {found ? (total === 0 ? `${archive.none} ${found.since ? archive.since(date(found.since)) : ""}` : archive.found(total, found.payments.length)) : busy ? t.office.loading : wrong.length > 0 ? archive.incomplete : ""}
          </p>
          <p class="actions">
            <button type="button" class="btn btn-outline-primary btn-xs" onClick={() => page.desk.archive.clear()}>
              {archive.clear}
            </button>
            {total > mostFiled ? <span class="hint">{archive.tooMany}</span> : total > 0 && <SaveButton path={csv} body={found?.query ?? query} text={archive.csv} />}
          </p>
        </div>
        {error && <Says reason={{ code: error.code, text: error.message, hint: error.hint }} tone="bad" detail={error.detail} />}
        <Refused of={c.office.asked[fileOf(csv)]} />
        {found && found.payments.length > 0 && (
          <PaymentTable
            payments={found.payments}
            label={archive.list}
            kept
            end={(p, amount, when) => <RowButton text={archive.story} label={archive.storyOf(amount, when)} onClick={() => page.tell(p.id)} />}
          />
        )}
        {found?.next && (
          <p class="actions">
            <button type="button" class="btn btn-outline-primary btn-sm" disabled={busy || c.link !== "online"} onClick={() => void page.desk.archive.more()}>
              {busy ? t.office.loading : archive.more}
            </button>
          </p>
        )}
      </div>
    </section>
  );
}
