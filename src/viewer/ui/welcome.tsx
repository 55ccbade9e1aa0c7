/** The page without a file: what it is for, and how to begin. */

import type { JSX } from "preact";
import { OpenButton } from "./open-button.tsx";
import { Problem } from "./problem.tsx";

export function Welcome(): JSX.Element {
  return (
    <div class="welcome">
      <h1>GPU memory, byte by byte</h1>
      <p class="lead">
        Shows what lies where in the memory that Vulkan and Direct3D 12 programs take: every block, every
        allocation, every gap; how it came to be, what leaks, and what keeps memory from being given back.
      </p>
      <div class="drop">
        <p>Drop a file here, or two to compare them</p>
        <OpenButton label="Choose files…" primary />
      </div>
      <Problem />
      <dl>
        <dt>Recordings of vma-ts</dt>
        <dd>
          what a program asked for, from beginning to end: <code>npx vma-ts record -- node program.js</code>
        </dd>
        <dt>Dumps of VMA 2 and 3, and of vma-ts</dt>
        <dd>
          one moment: <code>vmaBuildStatsString</code> with the detailed map,{" "}
          <code>buildStatsString(true)</code>
        </dd>
        <dt>Dumps of D3D12MA</dt>
        <dd>
          <code>Allocator::BuildStatsString</code> with the detailed map
        </dd>
      </dl>
      <p class="muted">Nothing leaves this page: it has no network, and files are read in the browser.</p>
    </div>
  );
}
