/** Light or dark: what the person chose, else what the system says. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { darkTheme, lightTheme, type Theme } from "../draw/palette.ts";
import { theme } from "./state.ts";

const systemIsDark = signal(false);

/** The colours in use. */
export const colours: ReadonlySignal<Theme> = computed(() =>
  theme.value === "dark" || (theme.value === "auto" && systemIsDark.value) ? darkTheme : lightTheme,
);

/** Keeps the page's own colours, which are in its style sheet, in step. */
export function bindTheme(): void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  systemIsDark.value = query.matches;
  query.addEventListener("change", ({ matches }) => {
    systemIsDark.value = matches;
  });
  effect(() => {
    document.documentElement.dataset.theme = colours.value.isDark ? "dark" : "light";
  });
}
