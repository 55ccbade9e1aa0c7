/** A button that asks for files. */

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { openFiles } from "../state/open.ts";

export function OpenButton({ label, primary = false }: { label: string; primary?: boolean }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={primary ? "primary" : ""} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="File"
        onChange={(event) => {
          const { files } = event.currentTarget;
          if (files !== null && files.length > 0) void openFiles([...files]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
