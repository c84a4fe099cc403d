// The page is drawn in Italian, as main.tsx has it before anything else.
import { fetchTexts } from "../src/core/i18n";

await fetchTexts("it");
