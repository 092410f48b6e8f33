/**
 * When a check may come up: not while the page is hidden, offline or loading, and not in the first seconds after that, so that
 * nobody is asked with the phone at the ear. And whether anybody has touched the page of late.
 */

const MOST_PATIENCE_MS = 40_000;
const IDLE_REPEAT_MS = 60_000;

export interface Manners {
  /** A prompt waits so long after the learner came back. */
  returnMs: number;
  /** No input for so long raises a check. */
  idleMs: number;
  now: () => number;
}

export class Patience {
  private quietUntil = 0;
  private came = 0;
  private waiting = '';
  private touched: number;

  constructor(private readonly manners: Manners) {
    this.touched = manners.now();
  }

  /** The learner is back from another app, a dead network or a standing picture. */
  returned(): void {
    this.quietUntil = this.manners.now() + this.manners.returnMs;
  }

  touch(): void {
    this.touched = this.manners.now();
  }

  /** Whether the prompt may be shown now. Returning again and again puts it off, but not for ever. */
  mayAsk(id: string, calm: boolean): boolean {
    const now = this.manners.now();
    if (this.waiting !== id) {
      this.waiting = id;
      this.came = now;
    }
    return calm && (now >= this.quietUntil || now - this.came >= MOST_PATIENCE_MS);
  }

  /** True once for each stretch of time in which nobody has touched the page. */
  isIdle(running: boolean): boolean {
    const now = this.manners.now();
    if (!running || this.manners.idleMs <= 0 || now - this.touched < this.manners.idleMs) return false;
    this.touched = now - this.manners.idleMs + IDLE_REPEAT_MS;
    return true;
  }
}
