import { useMemo, useState } from "preact/hooks";
import * as f from "../core/forms";
import type { Texts } from "../core/i18n";
import * as o from "../core/office";
import type { Service } from "../core/types.gen";
import { useView } from "./context";
import { DayField } from "./DayField";
import { Field, Refused, ViewTitle } from "./people";
import { Says } from "./parts";

/** Services makes a debt that has no notice yet, and takes it to the counter. */
export function Services() {
  const { c, t } = useView();
  const { services } = t.office;
  const [chosen, choose] = useState("");
  const fetched = c.office.services;
  const all = fetched.value ?? [];
  const keyOf = (s: Service) => `${s.creditor} ${s.id}`;
  const service = all.find((s) => keyOf(s) === chosen) ?? (all.length === 1 ? all[0] : undefined);
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="view-head">
        <ViewTitle id="view-title">{services.heading}</ViewTitle>
        <p class="hint">{fetched.value && all.length === 0 ? services.none : services.intro}</p>
      </div>
      {fetched.error && <Says reason={{ code: fetched.error.code, text: fetched.error.message, hint: fetched.error.hint }} tone="bad" detail={fetched.error.detail} />}
      {!fetched.value && fetched.busy && <p class="hint">{t.office.loading}</p>}
      {all.length > 0 && (
        <div class="panel">
          <div class="ask">
            <Field label={services.service} id="service">
              <select id="service" class="form-control" value={service ? keyOf(service) : ""} onChange={(e) => choose(e.currentTarget.value)}>
                {!service && <option value="">{services.choose}</option>}
                {all.map((s) => (
                  <option key={keyOf(s)} value={keyOf(s)}>
                    {s.name}
                  </option>
                ))}
              </select>
            </Field>
          </div>
          {service && <Draft key={keyOf(service)} service={service} />}
        </div>
      )}
    </section>
  );
}

/** Entry is what every input of the form has in common. */
interface Entry {
  id: string;
  class: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
  onBlur: () => void;
}

function Draft({ service }: { service: Service }) {
  const { c, page, t, euro } = useView();
  const { services } = t.office;
  const [draft, setDraft] = useState(f.emptyDraft);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set()); // entries that were written and left
  const [tried, setTried] = useState(false);
  const fields = useMemo(() => f.readForm(service.form), [service.form]);
  const asked = c.office.asked[o.createKey];
  const wrong = f.checkDraft(draft, fields, service.amount_cents);
  const set = (change: Partial<f.Draft>) => setDraft({ ...draft, ...change });
  // What is wrong is told once an entry was left, and from then on with every key.
  const shown = (name: string) => (wrong[name] && (tried || left.has(name)) ? wrongText(wrong[name], t) : undefined);
  const entry = (name: string, id: string): Entry => ({
    id,
    class: "form-control",
    "aria-invalid": shown(name) !== undefined,
    "aria-describedby": shown(name) ? `${id}-wrong` : undefined,
    onBlur: () => setLeft(new Set([...left, name])),
  });
  const count = Object.keys(wrong).length;
  const create = async () => {
    setTried(true);
    if (count > 0) return document.querySelector<HTMLElement>('.service [aria-invalid="true"]')?.focus();
    const filled = fields.map((x) => [x.name, f.valueOf(x, draft.fields[x.name] ?? "")] as const).filter(([, v]) => v !== undefined);
    const done = await page.desk.create({
      service: service.id,
      creditor: service.creditor,
      debtor: { company: draft.company || undefined, tax_code: f.taxCodeOf(draft.taxCode, draft.company) ?? "", name: draft.name.trim(), email: draft.email.trim() || undefined },
      amount_cents: service.amount_cents === 0 ? f.euroCents(draft.amount) : undefined,
      reason: draft.reason.trim() || undefined,
      fields: filled.length ? Object.fromEntries(filled) : undefined,
    });
    if (done) setDraft(f.emptyDraft);
  };
  return (
    <div role="form" aria-label={service.name}>
      <div class="service">
        <fieldset>
          <legend>{services.who}</legend>
          <label class="tick">
            <input type="checkbox" checked={draft.company} onChange={(e) => set({ company: e.currentTarget.checked })} />
            <span>{services.company}</span>
          </label>
          <Field label={services.taxCode} id="draft-code" wrong={shown("taxCode")}>
            <input {...entry("taxCode", "draft-code")} autocomplete="off" autocapitalize="characters" spellcheck={false} maxLength={24} required value={draft.taxCode} onInput={(e) => set({ taxCode: e.currentTarget.value })} />
          </Field>
          <Field label={services.name} id="draft-name" wrong={shown("name")}>
            <input {...entry("name", "draft-name")} autocomplete="off" maxLength={70} required value={draft.name} onInput={(e) => set({ name: e.currentTarget.value })} />
          </Field>
          <Field label={services.email} id="draft-email" wrong={shown("email")}>
            <input {...entry("email", "draft-email")} type="email" autocomplete="off" maxLength={256} value={draft.email} onInput={(e) => set({ email: e.currentTarget.value })} />
          </Field>
        </fieldset>
        <fieldset>
          <legend>{services.fields}</legend>
          {service.amount_cents > 0 ? (
            <p>
              {services.fixed}: <strong>{euro(service.amount_cents)}</strong>
            </p>
          ) : (
            <Field label={services.amount} id="draft-amount" wrong={shown("amount")}>
              <input {...entry("amount", "draft-amount")} inputMode="decimal" autocomplete="off" maxLength={12} required value={draft.amount} onInput={(e) => set({ amount: e.currentTarget.value })} />
            </Field>
          )}
          {fields.map((field) => (
            <FormField key={field.name} field={field} wrong={shown(`field ${field.name}`)} entry={entry(`field ${field.name}`, `draft-field-${field.name}`)} value={draft.fields[field.name] ?? ""} set={(v) => set({ fields: { ...draft.fields, [field.name]: v } })} />
          ))}
          <Field label={services.reason} id="draft-reason">
            <input id="draft-reason" class="form-control" autocomplete="off" maxLength={140} value={draft.reason} onInput={(e) => set({ reason: e.currentTarget.value })} />
          </Field>
        </fieldset>
      </div>
      <Refused of={asked} />
      <p class="field-wrong" role="status">
        {tried && count > 0 && services.fix(count)}
      </p>
      <p class="actions">
        <button
          type="button"
          class="btn btn-primary btn-sm"
          disabled={asked?.busy || c.link !== "online"}
          onMouseDown={(e) => e.preventDefault()} // what is told of an entry that is left would move the button away from under the click
          onClick={() => void create()}
        >
          {asked?.busy ? services.creating : services.create}
        </button>
      </p>
    </div>
  );
}

function FormField({ field, value, set, wrong, entry }: {
  field: f.Field;
  value: string;
  set: (v: string) => void;
  wrong?: string;
  entry: Entry;
}) {
  const { t } = useView();
  const { services } = t.office;
  const label = field.required ? field.title : services.optional(field.title);
  switch (field.kind) {
    case "yes":
      return (
        <label class="tick">
          <input type="checkbox" checked={value === "yes"} onChange={(e) => set(e.currentTarget.checked ? "yes" : "")} />
          <span>{field.title}</span>
        </label>
      );
    case "choice":
      return (
        <Field label={label} id={entry.id} wrong={wrong}>
          <select id={entry.id} class="form-control" aria-invalid={entry["aria-invalid"]} aria-describedby={entry["aria-describedby"]} value={value} onChange={(e) => set(e.currentTarget.value)}>
            <option value="">{services.choose}</option>
            {field.choices?.map((x) => (
              <option key={x} value={x}>
                {x}
              </option>
            ))}
          </select>
        </Field>
      );
    case "unsupported":
      return <Says reason={{ code: "", text: field.title, hint: services.wrong.unsupported }} tone={field.required ? "bad" : "info"} />;
    default:
      if (field.format === "date") return <DayField label={label} id={entry.id} value={value} set={set} wrong={wrong} required={field.required} onLeave={entry.onBlur} />;
      return (
        <Field label={label} id={entry.id} wrong={wrong}>
          <input {...entry} inputMode={field.numeric ? "decimal" : undefined} autocomplete="off" maxLength={field.maxLength ?? 500} required={field.required} value={value} onInput={(e) => set(e.currentTarget.value)} />
          {field.hint && <p class="hint">{field.hint}</p>}
        </Field>
      );
  }
}

function wrongText(wrong: f.Wrong, t: Texts): string {
  const text = t.office.services.wrong[wrong.why];
  return typeof text === "string" ? text : text(wrong.n ?? 0);
}
