import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { fetchHelp, type Help as Texts } from "../core/help";
import { useView } from "./context";

/**
 * Help is the view's own help beside it. It is no modal dialog: the counter behind it goes on talking, a scan
 * works, and Esc puts it away.
 */
export function Help() {
  const { c, page, t, language } = useView();
  const { help, nav } = t.office;
  const [texts, setTexts] = useState<Texts | "lost">();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    let here = true;
    fetchHelp(language).then(
      (got) => here && setTexts(got),
      () => here && setTexts("lost"),
    );
    return () => {
      here = false;
    };
  }, [language]);
  useLayoutEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement && (document.activeElement === document.body || document.activeElement?.closest(".help"))) before.focus();
    };
  }, []);
  // Where it stands below the view all of it comes into sight, once there is something to read.
  useEffect(() => {
    if (document.activeElement === heading.current) heading.current?.scrollIntoView();
  }, [texts]);
  const about = c.operator ? c.view : "login";
  const of = texts && texts !== "lost" ? texts[about] : undefined;
  return (
    <aside class="help" aria-labelledby="help-title">
      <div class="view-head">
        <h2 id="help-title" class="view-title" tabIndex={-1} ref={heading}>
          {help.of(about === "login" ? t.login.heading : nav.views[about])}
        </h2>
        <button type="button" class="btn btn-link btn-xs" onClick={() => page.desk.help(false)}>
          <span>{help.close}</span> <kbd>Esc</kbd>
        </button>
      </div>
      {texts === "lost" && <p>{help.lost}</p>}
      {of && (
        <>
          {of.text.map((line) => (
            <p key={line}>{line}</p>
          ))}
          <h3>{help.keys}</h3>
          <dl class="help-keys">
            {[...(of.keys ?? []), ...(c.operator ? help.every : [])].map(([key, does]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </aside>
  );
}
