import { blocked, stage } from "../core/counter";
import { useView } from "./context";
import { CartPanel } from "./Cart";
import { DebtPanel, UnreadablePanel } from "./Debt";
import { ChargedPanel, DeclinedPanel, RefusedPanel, UnknownPanel } from "./Outcome";
import { LostPanel, WorkingPanel } from "./Progress";

/** Work shows the one stage the counter is at. */
export function Work() {
  const { c, t } = useView();
  const at = stage(c);
  switch (at.kind) {
    case "idle":
      return <IdlePanel />;
    case "looking":
      return (
        <section class="panel panel-idle" aria-label={t.looking} aria-busy="true">
          <h2>{t.looking}</h2>
        </section>
      );
    case "unreadable":
      return <UnreadablePanel error={at.error} code={at.code} />;
    case "debt":
      return <DebtPanel debt={at.debt} differs={at.differs} block={at.block} />;
    case "cart":
      return <CartPanel at={at} />;
    case "working":
      return <WorkingPanel at={at} />;
    case "lost":
      return <LostPanel job={at.job} />;
    case "refused":
      return <RefusedPanel job={at.job} error={at.error} run={at.run} />;
    case "unknown":
      return <UnknownPanel payment={at.payment} activity={at.activity} run={at.run} />;
    case "declined":
      return <DeclinedPanel at={at} />;
    case "charged":
      return <ChargedPanel payment={at.payment} run={at.run} next={at.next} />;
  }
}

function IdlePanel() {
  const { c, t } = useView();
  const block = blocked(c);
  const ready = c.mirror ? (block ? t.idle.blocked : t.idle.heading) : t.connecting;
  return (
    <section class="panel panel-idle" aria-labelledby="work-title">
      <h2 id="work-title">{block === "offline" && c.mirror ? t.blocks.offline : ready}</h2>
      {c.mirror && block !== "offline" && <p>{block ? t.blocks[block] : t.idle.text}</p>}
    </section>
  );
}
