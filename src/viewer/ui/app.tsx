/** The page: what is open, how memory stands, what is wrong, and the view that is chosen. */

import type { JSX } from "preact";
import { documents } from "../state/documents.ts";
import { isRecording, view } from "../state/state.ts";
import { DifferenceView } from "./difference-view.tsx";
import { Findings } from "./findings.tsx";
import { FragmentationView } from "./fragmentation-view.tsx";
import { Heaps } from "./heaps.tsx";
import { Inspector } from "./inspector.tsx";
import { MapView } from "./map-view.tsx";
import { Scrubber } from "./scrubber.tsx";
import { TableView } from "./table-view.tsx";
import { TimeView } from "./time-view.tsx";
import { Toolbar } from "./toolbar.tsx";
import { TopBar } from "./top-bar.tsx";
import { Welcome } from "./welcome.tsx";

export function App(): JSX.Element {
  if (documents.value.length === 0) return <Welcome />;
  return (
    <>
      <TopBar />
      <section class="overview" aria-label="Overview">
        <Heaps />
        <Findings />
      </section>
      <Toolbar />
      <main>
        <div class="view">
          <CurrentView />
        </div>
        <Inspector />
      </main>
      {isRecording.value && <Scrubber />}
    </>
  );
}

function CurrentView(): JSX.Element {
  switch (view.value) {
    case "map":
      return <MapView />;
    case "time":
      return <TimeView />;
    case "table":
      return <TableView />;
    case "difference":
      return <DifferenceView />;
    case "fragmentation":
      return <FragmentationView />;
  }
}
