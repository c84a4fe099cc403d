import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useView } from "./context";
import { Help } from "./Help";

/** Login is the first page, and the lock screen when an operator has locked the counter. */
export function Login() {
  const { c, page, t } = useView();
  const [busy, setBusy] = useState(false);
  const operator = useRef<HTMLInputElement>(null);
  const pin = useRef<HTMLInputElement>(null);
  const locked = c.lockedFor;

  useLayoutEffect(() => (locked ? pin : operator).current?.focus(), [locked]);

  async function submit(e: Event) {
    e.preventDefault();
    const name = locked ?? operator.current?.value.trim() ?? "";
    const secret = pin.current?.value ?? "";
    if (busy || name === "" || secret === "") return;
    setBusy(true);
    await page.login(name, secret);
    setBusy(false);
    if (!pin.current) return;
    pin.current.value = "";
    pin.current.focus();
  }

  return (
    <div class="login-page">
      <main class="login">
        <div class="panel login-panel">
          <p class="login-brand">{t.title}</p>
          <h1>{locked ? t.login.unlock : t.login.heading}</h1>
          {locked && <p>{t.login.unlockText(locked)}</p>}
          <form onSubmit={submit} noValidate>
            {!locked && (
              <div class="field">
                <label class="form-label" for="operator">
                  {t.login.operator}
                </label>
                <input ref={operator} id="operator" class="form-control" autocomplete="username" autocapitalize="none" spellcheck={false} required />
              </div>
            )}
            <div class="field">
              <label class="form-label" for="pin">
                {t.login.pin}
              </label>
              <input ref={pin} id="pin" type="password" class="form-control" inputMode="numeric" autocomplete="current-password" required aria-describedby="login-error" />
            </div>
            <p id="login-error" class="login-error" role="alert">
              {c.loginError && (
                <>
                  {c.loginError.message} {c.loginError.hint}
                </>
              )}
            </p>
            <div class="actions">
              <button type="submit" class="btn btn-primary" disabled={busy}>
                {busy ? t.login.busy : locked ? t.login.reopen : t.login.enter}
              </button>
              {locked && (
                <button type="button" class="btn btn-link" onClick={() => page.otherOperator()}>
                  {t.login.other}
                </button>
              )}
              <button type="button" class="btn btn-link btn-xs" aria-expanded={c.office.help} onClick={() => page.desk.help(!c.office.help)}>
                <span>{t.office.help.open}</span> <kbd aria-hidden="true">F1</kbd>
              </button>
            </div>
          </form>
        </div>
      </main>
      {c.office.help && <Help />}
    </div>
  );
}
