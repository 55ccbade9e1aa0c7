/** What the commands print with: text, tables, sizes; and the errors that are the user's to mend. */

/** Something that the user can mend: printed as it is, without a stack. Exit code 1. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** A command line that makes no sense. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes with a unit: "512 B", "1.5 MiB". */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, "")} ${UNITS[unit]}`;
}

/** Nanoseconds with a unit. */
export function durationText(nanoseconds: number): string {
  if (nanoseconds < 1e6) return `${Math.round(nanoseconds / 1e3)} µs`;
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toFixed(1)} ms`;
  return `${(nanoseconds / 1e9).toFixed(2)} s`;
}

/** Text without what a terminal could take for a command. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be left out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

/** Lines with columns, the first one aligned left, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}
