import { useEffect, useMemo } from "preact/hooks";
import { languageOf, texts } from "../core/i18n";
import type { Page } from "../core/page";
import type { Scanner } from "../core/scan";
import { useCounter, ViewContext } from "./context";
import { Header } from "./Header";
import { LiveRegions } from "./LiveRegions";
import { Login } from "./Login";
import { Payments } from "./Payments";
import { PrintedSlip, StageSlip } from "./Slip";
import { ScanField } from "./ScanField";
import { SimulatedTerminal } from "./SimulatedTerminal";
import { TerminalBox } from "./TerminalBox";
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
  return (
    <>
      <div class="screen">
        <Header />
        <main class="till">
          <div class="till-work">
            <ScanField />
            <Work />
          </div>
          <div class="till-side">
            <TerminalBox />
            <StageSlip />
          </div>
          <Payments />
          <SimulatedTerminal />
        </main>
      </div>
      <PrintedSlip />
    </>
  );
}
