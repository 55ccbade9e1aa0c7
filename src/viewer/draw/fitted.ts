/** Text that fits into a room. Measuring is what costs, so an average width is known for each font. */

/** What is asked of a canvas. */
interface Measuring {
  readonly font: string;
  measureText(text: string): { readonly width: number };
}

const widths = new Map<string, number>();

/** Text that fits, with an ellipsis if it had to be cut. */
export function fitted(context: Measuring, text: string, room: number): string {
  if (text === "" || room < 12) return "";
  let average = widths.get(context.font);
  if (average === undefined) {
    average = context.measureText("nebutaxilo_MR 12").width / 16;
    widths.set(context.font, average);
  }
  const fits = (shown: string): boolean => context.measureText(shown).width <= room;
  if (text.length * average * 0.8 <= room && fits(text)) return text;
  // Letters differ: what should fit on average may be too wide.
  for (let count = Math.min(Math.floor(room / average), text.length) - 1; count >= 2; count--) {
    const cut = `${text.slice(0, count)}…`;
    if (fits(cut)) return cut;
  }
  return "";
}
