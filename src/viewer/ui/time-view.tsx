/** Memory over time. */

import type { JSX } from "preact";

export function TimeView(): JSX.Element {
  return (
    <div class="empty">
      <p>
        <b>A dump is one moment.</b> A recording shows here how memory came to be as it is: make one with{" "}
        <code>npx vma-ts record -- node program.js</code>.
      </p>
    </div>
  );
}
