/** Numbers for people, each with its unit. */

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in three figures: "1.50 MiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 0) return `−${formatBytes(-bytes)}`;
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(value) ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  const text = value.toFixed(digits);
  // 1023.7 KiB would read "1024 KiB".
  if (text === "1024" && unit < byteUnits.length - 1) return `1 ${byteUnits[unit + 1]}`;
  return `${text} ${byteUnits[unit]}`;
}

/** A difference of bytes, with its sign: "+3 MiB". */
export function formatChange(bytes: number): string {
  return bytes > 0 ? `+${formatBytes(bytes)}` : formatBytes(bytes);
}

const counts = new Intl.NumberFormat("en-US");

/** A count: "1,234". */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** A count and what is counted: "1 block", "2 blocks". */
export function formatCountOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Bytes to the byte: "1,572,864 B". */
export function formatExactBytes(bytes: number): string {
  return `${formatCount(bytes)} B`;
}

/** A part of the whole in percent; a part that is not all is never 100 %, one that is not nothing never 0 %. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 1) return "<1 %";
  if (percent > 99 && percent < 100) return ">99 %";
  return `${Math.round(percent)} %`;
}

/** Milliseconds for people: "12.3 ms", "4.21 s", "3 min 5 s". */
export function formatTime(milliseconds: number): string {
  const value = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? "−" : "";
  if (value === 0) return "0 s";
  if (value < 1e-3) return `${sign}${(value * 1e6).toFixed(0)} ns`;
  if (value < 1) return `${sign}${(value * 1e3).toFixed(value < 0.1 ? 1 : 0)} µs`;
  if (value < 1000) return `${sign}${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
  if (value < 60_000) return `${sign}${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(value / 60_000);
  const seconds = Math.floor((value % 60_000) / 1000);
  if (minutes < 60) return `${sign}${minutes} min ${seconds} s`;
  return `${sign}${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An offset, in hexadecimal as debuggers show it. */
export function formatOffset(bytes: number): string {
  return `0x${bytes.toString(16).toUpperCase()}`;
}
