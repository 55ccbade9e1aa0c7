/** The steps of the demo: on a terminal each shows how far it is; everywhere it ends as one line with its time. */

const WIDTH = 24;

/** Runs a step. `run` tells how much of `total` is done, and returns what the step has to say. */
export async function step(
  title: string,
  total: number,
  run: (progress: (done: number) => void) => Promise<string> | string,
): Promise<void> {
  const began = performance.now();
  const isTerminal = process.stdout.isTTY === true;
  const show = (done: number): void => {
    if (!isTerminal) return;
    const filled = Math.round((done / total) * WIDTH);
    process.stdout.write(`\r${title.padEnd(10)} [${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}]`);
  };
  show(0);
  const outcome = await run(show);
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  if (isTerminal) process.stdout.write("\r\x1b[K");
  console.log(`${title.padEnd(10)} ${outcome.padEnd(86)} ${seconds.padStart(6)} s`);
}
