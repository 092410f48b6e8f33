/**
 * Watches over a video that should run. A weak network, a phone that slept or a decoder that lost its place can leave it standing
 * although nobody pressed pause; each remedy is tried in turn, the gentle ones first, until the picture moves again.
 */

/** What to do now: press play again, step onto the same place, load the place anew, ask the network again, start the stream anew. */
export type Remedy = 'resume' | 'nudge' | 'reload' | 'ask' | 'restart';

export interface Picture {
  readonly currentTime: number;
  readonly paused: boolean;
  readonly buffered: { readonly length: number; start(index: number): number; end(index: number): number };
}

/** More than what a nudge moves. */
const MOVED_SECONDS = 0.3;
/** Data is there but the picture stands: the browser has lost its place. Seconds of standing still. */
const STUCK: [number, Remedy][] = [
  [3, 'nudge'],
  [6, 'reload'],
  [9, 'restart'],
];
/** Nothing is there to show: the network. */
const STARVED: [number, Remedy][] = [
  [12, 'ask'],
  [40, 'restart'],
];
const AGAIN_SECONDS = 20;
const HOLE_SECONDS = 30;
export const SLOW_SECONDS = 5;

export class StallWatch {
  private place = -1;
  private since = 0;
  private tried = 0;
  private had = false;
  private pressedAt = -Infinity;

  constructor(private readonly now: () => number) {}

  /** Seconds for which a wanted picture has been standing still. */
  get standing(): number {
    return this.place < 0 ? 0 : (this.now() - this.since) / 1000;
  }

  /** The picture may stand: the learner paused, a check is open, the lesson has ended. */
  rest(): void {
    this.place = -1;
    this.tried = 0;
  }

  /** The remedy that is due for a picture that should be moving; null as long as there is reason to wait. */
  due(picture: Picture): Remedy | null {
    const { currentTime } = picture;
    if (this.place < 0 || Math.abs(currentTime - this.place) > MOVED_SECONDS) {
      this.place = currentTime;
      this.since = this.now();
      this.tried = 0;
      return null;
    }
    if (picture.paused) return this.press();
    const has = hasData(picture);
    if (has !== this.had) this.tried = 0;
    this.had = has;
    const steps = has ? STUCK : STARVED;
    const step = steps[this.tried];
    const [after, remedy] = step ?? [
      (steps[steps.length - 1]?.[0] ?? 0) + AGAIN_SECONDS * (this.tried - steps.length + 1),
      'restart',
    ];
    if (this.standing < after) return null;
    this.tried += 1;
    return remedy;
  }

  private press(): Remedy | null {
    if (this.now() - this.pressedAt < 3000) return null;
    this.pressedAt = this.now();
    return 'resume';
  }
}

/** Is there something to show from where the picture stands, or a little behind a hole? */
export function hasData(picture: Picture): boolean {
  const { buffered, currentTime } = picture;
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.end(i) > currentTime + 1 && buffered.start(i) < currentTime + HOLE_SECONDS) return true;
  }
  return false;
}
