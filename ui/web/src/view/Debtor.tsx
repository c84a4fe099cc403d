import { useState } from "preact/hooks";
import { taxCodeOf } from "../core/forms";
import { notice } from "../core/format";
import type { FoundPosition, SearchResult } from "../core/types.gen";
import { useView } from "./context";
import { Icon } from "./Icon";
import { Field, ViewTitle } from "./people";
import { Says } from "./parts";

/** Debtor finds what somebody owes. The code goes in a request's body, and what is found stays on this screen only. */
export function Debtor() {
  const { c, page, t } = useView();
  const { debtor } = t.office;
  const { search } = c.office;
  const creditors = c.mirror?.creditors ?? [];
  const [code, setCode] = useState("");
  const [creditor, setCreditor] = useState("");
  const [wrong, setWrong] = useState(false);
  const go = () => {
    const taxCode = taxCodeOf(code);
    setWrong(!taxCode);
    if (taxCode) void page.desk.find(creditor || undefined, taxCode);
  };
  const clear = () => {
    setCode("");
    page.desk.clearSearch();
  };
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{debtor.heading}</ViewTitle>
        <p class="hint">{debtor.intro}</p>
      </div>
      <div class="panel">
        <div class="ask" role="search" aria-label={debtor.heading}>
          {creditors.length > 1 && (
            <Field label={debtor.creditor} id="debtor-creditor">
              <select id="debtor-creditor" class="form-control" value={creditor} onChange={(e) => setCreditor(e.currentTarget.value)}>
                <option value="">{debtor.all}</option>
                {creditors.map((x) => (
                  <option key={x.tax_code} value={x.tax_code}>
                    {x.name}
                  </option>
                ))}
              </select>
            </Field>
          )}
          <Field label={debtor.taxCode} id="debtor-code" wrong={wrong ? debtor.missing : undefined}>
            <input
              id="debtor-code"
              class="form-control"
              autocomplete="off"
              autocapitalize="characters"
              spellcheck={false}
              maxLength={24}
              value={code}
              aria-invalid={wrong}
              aria-describedby={wrong ? "debtor-code-wrong" : undefined}
              onInput={(e) => setCode(e.currentTarget.value)}
              onKeyDown={(e) => e.key === "Enter" && !e.repeat && go()}
            />
          </Field>
          <p class="actions">
            <button type="button" class="btn btn-primary btn-sm" disabled={search.busy || c.link !== "online"} onClick={go}>
              {search.busy ? debtor.searching : debtor.search}
            </button>
            {(search.value || search.error) && (
              <button type="button" class="btn btn-link btn-xs" onClick={clear}>
                <span>{debtor.clear}</span>
              </button>
            )}
          </p>
        </div>
        <div role="status">
          {search.error && <Says reason={{ code: search.error.code, text: search.error.message, hint: search.error.hint }} tone="bad" detail={search.error.detail} />}
          {search.value && <p>{search.value.positions.length ? debtor.found(search.value.positions.length) : debtor.none}</p>}
          {search.value?.more && <p class="hint">{debtor.more}</p>}
          {search.value && search.value.skipped > 0 && <p class="hint">{debtor.skipped(search.value.skipped)}</p>}
        </div>
        {search.value && search.value.positions.length > 0 && <Found of={search.value} />}
      </div>
    </section>
  );
}

function Found({ of }: { of: SearchResult }) {
  const { c, t } = useView();
  const { debtor } = t.office;
  const several = (c.mirror?.creditors.length ?? 0) > 1;
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={debtor.list}>
      <table class="table table-sm">
        <thead>
          <tr>
            <th scope="col">{debtor.reason}</th>
            {several && (
              <th scope="col" class="wide">
                {debtor.creditor}
              </th>
            )}
            <th scope="col" class="wide">
              {t.debt.number}
            </th>
            <th scope="col">{debtor.due}</th>
            <th scope="col" class="right">
              {debtor.amount}
            </th>
            <th scope="col">{debtor.state}</th>
            <th scope="col">
              <span class="visually-hidden">{debtor.take}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {of.positions.map((p) => (
            <Row key={`${p.creditor} ${p.number}`} position={p} several={several} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ position: p, several }: { position: FoundPosition; several: boolean }) {
  const { c, page, t, euro, day } = useView();
  const { debtor } = t.office;
  return (
    <tr>
      <td>{p.description}</td>
      {several && <td class="wide">{c.mirror?.creditors.find((x) => x.tax_code === p.creditor)?.name ?? p.creditor}</td>}
      <td class="wide nowrap">{notice(p.number)}</td>
      <td class="nowrap">{p.due_date && day(p.due_date)}</td>
      <td class="right nowrap amount-cell">{euro(p.amount_cents)}</td>
      <td>
        <span class={`mark mark-${p.payable ? "info" : "bad"} mark-long`}>
          <Icon name={p.payable ? "info-circle" : "close-circle"} />
          {p.payable ? debtor.payable : (p.reason?.text ?? p.state)}
        </span>
      </td>
      <td class="right">
        {p.payable && (
          <button type="button" class="btn btn-outline-primary btn-xs" aria-label={debtor.takeOf(p.description, euro(p.amount_cents))} onClick={() => page.take(`${p.number}@${p.creditor}`)}>
            {debtor.take}
          </button>
        )}
      </td>
    </tr>
  );
}
