import type { FunctionComponent } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { languageOf, texts } from "../core/i18n";
import type { Page } from "../core/page";
import type { Scanner } from "../core/scan";
import { useCounter, useView, ViewContext } from "./context";
import { Header } from "./Header";
import { Help } from "./Help";
import { InHand } from "./InHand";
import { LiveRegions } from "./LiveRegions";
import { Login } from "./Login";
import { Nav } from "./Nav";
import { Payments } from "./Payments";
import { PrintedSlip, StageSlip } from "./Slip";
import { ScanField } from "./ScanField";
import { TerminalBox } from "./TerminalBox";
import { Work } from "./Work";

// The views beside the counter come apart from it, so that the counter is there first; see vite.config.ts.
let Beside: FunctionComponent | undefined;

/** fetchBeside brings them, once; it says whether they are there. */
export async function fetchBeside(): Promise<boolean> {
  Beside ??= await import("./Beside").then(
    (m) => m.Beside,
    () => undefined, // the service is away: they are asked for again when it is back
  );
  return Beside !== undefined;
}

export function App({ page, scanner }: { page: Page; scanner?: Scanner }) {
  const c = useCounter(page);
  const language = languageOf(c.mirror?.language);
  const t = texts(language);
  const view = useMemo(() => ({ c, page, scanner, t, language }), [c, page, scanner, t, language]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <ViewContext.Provider value={view}>
      {c.operator ? <Till /> : <Login />}
      <LiveRegions />
    </ViewContext.Provider>
  );
}

function Till() {
  const { c, t } = useView();
  const atTill = c.view === "till";
  // They are fetched as soon as somebody has signed in: nobody waits for them, also when the service goes.
  const [beside, setBeside] = useState<boolean | undefined>(Beside !== undefined);
  useEffect(() => {
    if (!beside && c.link === "online") void fetchBeside().then(setBeside);
  }, [c.link]);
  return (
    <>
      <div class="screen">
        <Header />
        <Nav />
        <main class={`till ${atTill ? "" : "till-aside"}`}>
          <div class="till-work">
            <ScanField />
            {atTill ? <Work /> : <InHand />}
            {!atTill && (Beside ? <Beside /> : <p class="hint">{beside === undefined ? t.office.loading : t.office.reload}</p>)}
          </div>
          {atTill && (
            <div class="till-side">
              <TerminalBox />
              <StageSlip />
            </div>
          )}
          {atTill && <Payments />}
          <Demonstration />
        </main>
        {c.office.help && <Help />}
      </div>
      <PrintedSlip />
    </>
  );
}

// The demonstration's terminal is no part of a counter: it is fetched where there is one.
function Demonstration() {
  const { c } = useView();
  const [Terminal, setTerminal] = useState<FunctionComponent>();
  const demo = c.mirror?.demo;
  useEffect(() => {
    if (demo) void import("./SimulatedTerminal").then((m) => setTerminal(() => m.SimulatedTerminal)).catch(() => undefined);
  }, [demo]);
  return Terminal ? <Terminal /> : null;
}
