/**
 * Cuts watching into closed stretches.
 *
 * A stretch is open only while the video really runs in front of the learner. It closes every `tickMs`, and on pause, seek,
 * hidden, end or check, always at the last moment that was seen to be true: when media time and the monotonic clock part by
 * more than 1.5 s the stretch ends at the sample before and a new one begins. When the wall clock and the monotonic one part
 * by more than 2 s (sleep, clock change), the page clock is not to be trusted any more: besides, a new boot begins.
 *
 * Stretches touch: the next one starts at the very point where the last one ended. A video that ran some milliseconds ahead
 * of the clock is reported as far as the clock went, and the rest is carried over. After a pause the video is seen running
 * some frames late; the new stretch begins where the old one ended, as early as those frames need.
 */
import type { Beat, Why } from './beat';

const MEDIA_SLACK_S = 1.5;
const WALL_SLACK_MS = 2000;
const SHORTEST_MS = 200;
/** What a player moves over by itself: the frames until the first sample, the nudge of a picture that stood. */
const SEAM_S = 0.5;

export interface ClockOptions {
  firstSeq: number;
  tickMs: number;
  newBoot: () => string;
  now: () => number;
  wall: () => number;
  emit: (beat: Beat) => void;
}

interface Moment {
  ms: number;
  wall: number;
  s: number;
}

export class WatchClock {
  /** Names the run of the monotonic clock that the present figures belong to. */
  boot: string;
  private seq: number;
  private begun: Moment | null = null;
  private last: Moment | null = null;
  private ended: Moment | null = null;
  private rate = 1;

  constructor(private readonly options: ClockOptions) {
    this.seq = options.firstSeq;
    this.boot = options.newBoot();
  }

  get isOpen(): boolean {
    return this.begun !== null;
  }

  /** The video is seen running at `mediaS` with `rate`: opens, extends or cuts the stretch. */
  running(mediaS: number, rate: number): void {
    const here = this.moment(mediaS);
    let start: Moment | null = null;
    if (this.begun && this.last) {
      const agreed = this.agrees(here);
      if (agreed && rate === this.rate) {
        this.last = here;
        if (here.ms - this.begun.ms < this.options.tickMs) return;
      }
      start = this.finish(agreed ? 'tick' : 'pause', agreed ? here : this.last);
      if (!agreed) start = null;
      this.renewBoot(here);
    }
    this.begun = start ?? this.joined(here, rate);
    this.last = here;
    this.rate = rate;
  }

  /**
   * The video is no longer running. `mediaS` is where it stopped; without it (a seek has already moved the video) the
   * stretch ends at the last sample. At the end of the video the last stretch reaches it exactly.
   */
  stopped(why: Why, mediaS?: number): void {
    if (!this.last) return;
    const here = mediaS === undefined ? null : this.moment(mediaS);
    const agreed = here !== null && this.agrees(here);
    this.finish(why, agreed ? here : this.last, why === 'end' && agreed);
    this.renewBoot(here);
    this.begun = null;
    this.last = null;
  }

  private moment(s: number): Moment {
    return { ms: this.options.now(), wall: this.options.wall(), s };
  }

  private drifted(here: Moment): boolean {
    const { last } = this;
    return last !== null && Math.abs(here.wall - last.wall - (here.ms - last.ms)) > WALL_SLACK_MS;
  }

  private renewBoot(here: Moment | null): void {
    if (!here || !this.drifted(here)) return;
    this.boot = this.options.newBoot();
    this.ended = null;
  }

  /** Where a stretch begins that is first seen `here`: at the end of the last one, if the video can have come from there. */
  private joined(here: Moment, rate: number): Moment {
    const { ended } = this;
    if (!ended) return here;
    const missed = here.s - ended.s;
    const ms = here.ms - (missed * 1000) / rate;
    if (missed <= 0 || missed > SEAM_S || ms < ended.ms) return here;
    return { ms, wall: here.wall - (here.ms - ms), s: ended.s };
  }

  private agrees(here: Moment): boolean {
    const { last } = this;
    if (!last) return true;
    const elapsed = here.ms - last.ms;
    const moved = here.s - last.s;
    const apart = Math.abs(moved - (elapsed / 1000) * this.rate);
    return elapsed >= 0 && moved >= -0.3 && apart <= MEDIA_SLACK_S && !this.drifted(here);
  }

  /** Emits the open stretch up to `end`; the answer is where the next one starts. */
  private finish(why: Why, end: Moment, exact = false): Moment {
    const { begun } = this;
    if (!begun) return end;
    const clockS = begun.s + ((end.ms - begun.ms) / 1000) * this.rate;
    const reached = exact ? end.s : Math.min(end.s, clockS);
    if (end.ms - begun.ms < SHORTEST_MS || reached <= begun.s) {
      this.ended = begun;
      return end;
    }
    this.options.emit({
      boot: this.boot,
      seq: this.seq,
      from_ms: Math.round(begun.ms),
      to_ms: Math.round(end.ms),
      from_s: thousandths(begun.s),
      to_s: thousandths(reached),
      rate: this.rate,
      why,
    });
    this.seq += 1;
    this.ended = { ...end, s: reached };
    return this.ended;
  }
}

function thousandths(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
