import { period, restored } from "../core/office";
import { useView } from "./context";
import { Icon } from "./Icon";
import { LightMark } from "./Light";
import { fieldID } from "./keys";

export function Header() {
  const { c, page, t } = useView();
  const creditors = c.mirror?.creditors ?? [];
  const platform = c.mirror?.platform;
  return (
    <header>
      <div class="bar">
        <a class="visually-hidden-focusable bar-skip" href={`#${fieldID}`}>
          {t.skip}
        </a>
        <h1 class="bar-title">{t.title}</h1>
        <p class="bar-creditor">{creditors.map((x) => x.name).join(" · ")}</p>
        <div class="bar-end">
          {platform && (
            <p class="bar-item">
              {t.header.platform}: <LightMark light={platform.light} word={t.platformLights[platform.light]} />
            </p>
          )}
          <p class="bar-item">
            <Icon name="user" />
            <span class="visually-hidden">{t.header.operator}: </span>
            {c.operator?.name || c.operator?.id}
          </p>
          <button type="button" class="bar-button" onClick={() => page.hush(!c.silent)}>
            {t.header.sounds} {c.silent ? t.header.soundsOff : t.header.soundsOn}
          </button>
          <button type="button" class="bar-button" onClick={() => void page.lock()}>
            <Icon name="locked" />
            {t.header.lock}
            <kbd>F9</kbd>
          </button>
          <button type="button" class="bar-button" onClick={() => void page.logout()}>
            <Icon name="logout" />
            {t.header.logout}
          </button>
        </div>
      </div>
      <Banners />
    </header>
  );
}

/** Banners say what holds for the whole page: demonstration, no connection, platform in trouble. */
function Banners() {
  const { c, page, t, when } = useView();
  const platform = c.mirror?.platform;
  const waits = restored(c);
  const offline = period(c, Date.now() + (c.mirror?.clockOffset ?? 0));
  return (
    <div class="banners">
      {c.mirror?.demo && (
        <p class="banner banner-demo">
          <strong>{t.demo}</strong>
        </p>
      )}
      {c.link === "lost" && (
        <p class="banner banner-lost">
          <Icon name="warning-circle" />
          <span>
            <strong>{t.lostBanner}</strong> {t.lostBannerMore}
          </span>
        </p>
      )}
      {c.pen === "elsewhere" && (
        <p class="banner banner-warning">
          <Icon name="warning-circle" />
          <strong>{t.pen.banner}</strong>
          <button type="button" class="btn btn-primary btn-xs" onClick={() => page.takePen()}>
            {t.pen.take} <kbd>F4</kbd>
          </button>
        </p>
      )}
      {waits && (
        <p class="banner banner-warning">
          <Icon name="warning-circle" />
          <strong>{waits.reason?.text}</strong>
          {c.view !== "status" && (
            <button type="button" class="btn btn-primary btn-xs" onClick={() => page.show("status")}>
              {t.office.nav.views.status}
            </button>
          )}
        </p>
      )}
      {offline && (
        <p class="banner banner-warning">
          <Icon name="warning-circle" />
          <span>
            <strong>{t.office.offline.banner}.</strong> {t.office.offline.until(when(offline.until))}
          </span>
        </p>
      )}
      {platform?.light === "not_ready" && platform.reason && !offline && (
        <p class="banner banner-warning">
          <Icon name="warning-circle" />
          <span>
            <strong>
              {t.header.platform}: {platform.reason.text}
            </strong>{" "}
            {platform.reason.hint}
          </span>
        </p>
      )}
    </div>
  );
}
