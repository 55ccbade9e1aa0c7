/** The page's script. The same script runs in the page and in its worker, so that the page is one file. */

import { serveReading } from "./read/worker.ts";
import { startPage } from "./ui/page.tsx";

if (typeof document === "undefined") serveReading();
else startPage();
