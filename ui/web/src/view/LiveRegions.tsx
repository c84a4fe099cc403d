import { total } from "../core/cart";
import { blocked, stage, type Counter } from "../core/counter";
import { phaseText, turnText, type Texts } from "../core/i18n";
import { euro, type Language } from "../core/format";
import { useView } from "./context";
import { registrationOf } from "./registration";

/** LiveRegions say to a screen reader what the eye sees change: progress politely, outcomes at once. */
export function LiveRegions() {
  const { c, t, language } = useView();
  const at = c.operator ? spoken(c, t, language) : { polite: "", assertive: "" };
  // Beside the counter what was just decided comes first; what the counter is at stays as it was said.
  const said = c.view !== "till" && c.remark ? { ...at, polite: c.remark.text } : at;
  return (
    <div class="visually-hidden">
      <div role="status" aria-live="polite">
        {said.polite}
      </div>
      <div role="alert" aria-live="assertive">
        {said.assertive}
      </div>
    </div>
  );
}

/** spoken is what each region says at this stage. */
export function spoken(c: Counter, t: Texts, language: Language): { polite: string; assertive: string } {
  const remark = c.remark?.text ?? "";
  if (c.link === "lost") return { polite: "", assertive: `${t.lostBanner} ${t.lostBannerMore}` };
  const at = stage(c);
  switch (at.kind) {
    case "idle": {
      const block = blocked(c);
      return { polite: remark || (block ? t.blocks[block] : t.said.cleared), assertive: "" };
    }
    case "looking":
      return { polite: t.looking, assertive: "" };
    case "unreadable":
      return { polite: "", assertive: sentence(at.error.message, at.error.hint) };
    case "debt": {
      const found = t.said.debt(at.debt.description, euro(at.debt.amount_cents, language));
      if (!at.debt.payable) return { polite: "", assertive: sentence(t.debt.notPayable, at.debt.reason?.text, at.debt.reason?.hint) };
      return { polite: sentence(found, at.debt.offline ? t.office.offline.unverified : "", at.differs ? t.debt.differs : "", at.block ? t.blocks[at.block] : "", remark), assertive: "" };
    }
    case "cart": {
      const { lines, note } = at.cart;
      const last = lines.at(-1)?.debt;
      const found = last && t.said.debt(last.description, euro(last.amount_cents, language));
      const sum = t.cart.said(lines.length, euro(total(lines), language));
      if (at.block === "line") return { polite: remark, assertive: sentence(t.blocks.line, lines.map((l) => l.error?.message ?? (l.debt?.payable ? "" : l.debt?.reason?.text)).join(" ")) };
      return { polite: sentence(found, sum, at.asks ? t.debt.differs : "", at.block ? t.blocks[at.block] : "", remark), assertive: note ? sentence(note.text, note.hint) : "" };
    }
    case "working":
      return { polite: sentence(remark, turnText(t, at.phase), phaseText(t, at.phase)), assertive: "" };
    case "lost":
      return { polite: "", assertive: sentence(t.lost.heading, t.lost.text) };
    case "refused":
      return { polite: remark, assertive: sentence(t.refused.heading, at.error.message, at.error.hint) };
    case "unknown":
      return { polite: remark, assertive: sentence(t.unknown.heading, at.payment.reason?.text) };
    case "declined":
      return { polite: remark, assertive: sentence(t.declined.heading, at.payment.reason?.text) };
    case "charged": {
      const amount = euro(at.payment.charge?.amount_cents || at.payment.amount_cents, language);
      const registered = registrationOf(at.payment) === "registered";
      const left = at.run?.rest ?? [];
      const more = left.length > 0 ? t.cart.rest(left.length, euro(total(left), language)) : "";
      return { polite: registered ? t.said.registered(amount) : remark, assertive: sentence(t.said.charged(amount), more) };
    }
  }
}

function sentence(...parts: (string | undefined)[]): string {
  return parts
    .filter((p) => p)
    .map((p) => (/[.!?…]$/.test(p ?? "") ? p : `${p}.`))
    .join(" ");
}
