import { pressing, views, waiting, type ViewName } from "../core/office";
import { useView } from "./context";
import { Icon } from "./Icon";
import { navID } from "./keys";

/** Nav is the list of the views, each with what waits in it. F8 goes there, the arrows go along it. */
export function Nav() {
  const { c, page, t } = useView();
  const at = c.view === "story" ? c.office.from : c.view;
  return (
    <nav id={navID} class="views" aria-label={t.office.nav.heading} onKeyDown={along}>
      <kbd aria-hidden="true">F8</kbd>
      <ul>
        {views.map((view) => (
          <li key={view}>
            <button type="button" class="view-tab" aria-current={view === at ? "page" : undefined} onClick={() => page.show(view)}>
              {t.office.nav.views[view]}
              <Count view={view} />
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="view-tab view-help" aria-expanded={c.office.help} onClick={() => page.desk.help(!c.office.help)}>
        <Icon name="help-circle" /> {t.office.help.open} <kbd aria-hidden="true">F1</kbd>
      </button>
    </nav>
  );
}

function Count({ view }: { view: ViewName }) {
  const { c, t } = useView();
  const n = waiting(c, view);
  if (n === 0) return null;
  return (
    <span class={`count ${pressing(c, view) ? "count-pressing" : ""}`}>
      <span aria-hidden="true">{n}</span>
      <span class="visually-hidden"> ({t.office.nav.waiting(n)})</span>
    </span>
  );
}

// along moves the focus to the neighbour; Enter is the button's own.
function along(e: KeyboardEvent & { currentTarget: HTMLElement }) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
  if (!step) return;
  const all = [...e.currentTarget.querySelectorAll("button")];
  const now = all.findIndex((b) => b === document.activeElement);
  all[(now + step + all.length) % all.length]?.focus();
  e.preventDefault();
}
