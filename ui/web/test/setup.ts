// The page is drawn in Italian, as main.tsx has it before anything else, and has the views beside the counter.
import { fetchTexts } from "../src/core/i18n";
import { fetchBeside } from "../src/view/App";

await fetchTexts("it");
await fetchBeside();
