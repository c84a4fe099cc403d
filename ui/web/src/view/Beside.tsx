import { Archive } from "./Archive";
import { Cases } from "./Cases";
import { Closing } from "./Closing";
import { useView } from "./context";
import { Debtor } from "./Debtor";
import { Queue } from "./Queue";
import { Services } from "./Services";
import { Status } from "./Status";
import { Story } from "./Story";
import { Verify } from "./Verify";

/** Beside is the view that stands in the counter's place. */
export function Beside() {
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
