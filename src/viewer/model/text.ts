/** Names from strangers, made fit to be shown: short, on one line, reading from left to right. */

// Control characters, and those that reorder or hide what stands beside them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A name on one line; what cannot be seen becomes a dot. */
export function displayText(text: string, most = 200): string {
  const visible = text.slice(0, most + 1).replace(UNSEEN, "·");
  return visible.length > most ? `${visible.slice(0, most)}…` : visible;
}

/** "DEVICE_LOCAL" is read easier as "device local". */
export function flagWords(flags: readonly string[]): string {
  return flags.map((flag) => flag.toLowerCase().replaceAll("_", " ")).join(" · ");
}
