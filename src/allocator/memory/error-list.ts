/** Errors of steps that must all be taken, whichever of them fail. */

/** Collects what the steps throw. */
export class ErrorList {
  private readonly errors: unknown[] = [];

  /** Takes a step. */
  collect(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.errors.push(error);
    }
  }

  /** Throws the first error, if there is any. */
  throwFirst(): void {
    if (this.errors.length > 0) throw this.errors[0];
  }
}
