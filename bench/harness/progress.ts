/** Says on stderr how far a run is: one line that changes on a terminal, one line for each case elsewhere. */

import { stderr } from "node:process";

/** The progress of a run of `total` cases. */
export class Progress {
  readonly #total: number;
  readonly #start: number = performance.now();
  #done = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** A case begins. */
  begin(title: string): void {
    if (stderr.isTTY) this.#rewrite(`${this.#bar()} ${title}`);
  }

  /** A case is over, with what came out in a few words. */
  end(title: string, outcome: string): void {
    this.#done++;
    const line = `${this.#bar()} ${title}: ${outcome}`;
    if (stderr.isTTY) this.#rewrite(line);
    else stderr.write(`${line}\n`);
  }

  /** The run is over. */
  finish(): void {
    if (stderr.isTTY) this.#rewrite("");
    stderr.write(`${this.#done} cases in ${this.#seconds()} s\n`);
  }

  #seconds(): string {
    return ((performance.now() - this.#start) / 1000).toFixed(0);
  }

  #bar(): string {
    const width = 20;
    const filled = Math.round((this.#done / this.#total) * width);
    const count = `${this.#done}/${this.#total}`.padStart(5);
    return `[${"#".repeat(filled)}${".".repeat(width - filled)}] ${count} ${this.#seconds().padStart(3)} s`;
  }

  #rewrite(line: string): void {
    stderr.write(`\r\u001b[K${line.slice(0, (stderr.columns ?? 80) - 1)}`);
  }
}
