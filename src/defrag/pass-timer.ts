/** Limits passes to a number of milliseconds, based on what a move has taken so far. */

/** The number of moves of the first pass, as nothing is known yet. */
const FIRST_MOVES = 64;

/** Decides when a pass has enough moves. */
export class PassTimer {
  private readonly milliseconds: number;
  private moves = 0;
  private spent = 0;
  private planningSince = 0;
  private pausedAt = 0;

  /** @param milliseconds of one pass; 0 for no limit. */
  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  /** A pass is about to be planned. */
  begin(): void {
    this.planningSince = performance.now();
  }

  /** Whether a pass with `moves` moves has enough; it always has one. */
  isEnough(moves: number): boolean {
    if (this.milliseconds === 0 || moves === 0) return false;
    if (performance.now() - this.planningSince >= this.milliseconds) return true;
    if (this.moves === 0) return moves >= FIRST_MOVES;
    return (moves * this.spent) / this.moves >= this.milliseconds;
  }

  /** Waiting for the program, which does not count. */
  pause(): void {
    this.pausedAt = performance.now();
  }

  /** The pass goes on. */
  resume(): void {
    this.planningSince += performance.now() - this.pausedAt;
  }

  /** Whether the time of the pass is up. */
  get isOver(): boolean {
    return this.milliseconds > 0 && performance.now() - this.planningSince >= this.milliseconds;
  }

  /** Learns that `moves` moves have taken `milliseconds`. */
  learn(moves: number, milliseconds: number): void {
    this.moves += moves;
    this.spent += milliseconds;
  }
}
