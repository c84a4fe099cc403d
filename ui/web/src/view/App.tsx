import type { FunctionComponent } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { languageOf, texts } from "../core/i18n";
import type { Page } from "../core/page";
import type { Scanner } from "../core/scan";
import { useCounter, useView, ViewContext } from "./context";
import { Archive } from "./Archive";
import { Cases } from "./Cases";
import { Closing } from "./Closing";
import { Debtor } from "./Debtor";
import { Header } from "./Header";
import { Help } from "./Help";
import { InHand } from "./InHand";
import { LiveRegions } from "./LiveRegions";
import { Login } from "./Login";
import { Nav } from "./Nav";
import { Payments } from "./Payments";
import { PrintedSlip, StageSlip } from "./Slip";
import { ScanField } from "./ScanField";
import { Queue } from "./Queue";
import { Services } from "./Services";
import { Status } from "./Status";
import { Story } from "./Story";
import { TerminalBox } from "./TerminalBox";
import { Verify } from "./Verify";
import { Work } from "./Work";

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
  const { c } = useView();
  const atTill = c.view === "till";
  return (
    <>
      <div class="screen">
        <Header />
        <Nav />
        <main class={`till ${atTill ? "" : "till-aside"}`}>
          <div class="till-work">
            <ScanField />
            {atTill ? <Work /> : <InHand />}
            {!atTill && <View />}
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

/** View is what stands in the counter's place. */
function View() {
  const { c } = useView();
  switch (c.view) {
    case "verify":
      return <Verify />;
    case "cases":
      return <Cases />;
    case "debtor":
      return <Debtor />;
    case "services":
      return <Services />;
    case "queue":
      return <Queue />;
    case "closing":
      return <Closing />;
    case "archive":
      return <Archive />;
    case "status":
      return <Status />;
    case "story":
      return <Story key={c.office.story} />;
    default:
      return null;
  }
}
