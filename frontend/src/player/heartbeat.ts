/**
 * Brings beats to the server: at once, again after a failure (doubling pauses with jitter, 15 s at most), by beacon when the
 * page goes away, and on the next visit what an earlier page left behind. A beat leaves the phone only when it is settled.
 */
import { Refusal, backOff, fetchJson, worthRetry } from '../net';
import type { Beat, HeartbeatAnswer } from './beat';
import type { BeatStore, StoredBeat } from './queue';

/** Keeps a body below the 64 KB that browsers allow to requests that outlive the page. */
const MOST_BEATS = 60;
const RESEND_MS = 10_000;
/** A request without an answer by then is given up and sent anew: what hung in the network tells an old time. */
const ANSWER_MS = 5_000;
/** As often as beats come anyway. Longer, and what hung might arrive so long before the next try that the time between is lost. */
const LONGEST_PAUSE_MS = 15_000;

export interface HeartbeatOptions {
  url: string;
  session: string;
  token: string;
  store: BeatStore;
  boot: () => string;
  wall: () => number;
  onAnswer: (answer: HeartbeatAnswer) => void;
  /** True while the server cannot be reached. */
  onOffline: (offline: boolean) => void;
  /** The server will not take anything from this session any more (403) or does not understand it (400). */
  onRefused: (refusal: Refusal) => void;
}

export class Heartbeat {
  private waiting: Beat[] = [];
  private acceptedSeq = -1;
  private flight = false;
  private again = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(private readonly options: HeartbeatOptions) {}

  get unsettled(): number {
    return this.waiting.length;
  }

  /** Whole seconds watched that the server has not accepted yet: they are kept on this phone. */
  get keptSeconds(): number {
    const fresh = this.waiting.filter((beat) => beat.seq > this.acceptedSeq);
    return Math.floor(fresh.reduce((sum, beat) => sum + beat.to_s - beat.from_s, 0));
  }

  push(beat: Beat): void {
    this.waiting.push(beat);
    const { session, token, wall } = this.options;
    this.options.store.add({ session, token, beat, at: wall() }).catch(() => undefined);
    this.flush();
  }

  /** Sends what the server has not accepted yet; while one request is under way the next follows it. */
  flush(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    if (this.flight) {
      this.again = true;
      return;
    }
    const fresh = this.waiting.filter((beat) => beat.seq > this.acceptedSeq);
    const beats = (fresh.length > 0 ? fresh : this.waiting).slice(0, MOST_BEATS);
    if (beats.length > 0) void this.send(beats);
  }

  /** Last words of a page that goes away. Accepted or not is unknown, so nothing is forgotten. */
  beacon(): void {
    const beats = this.waiting.filter((beat) => beat.seq > this.acceptedSeq).slice(-MOST_BEATS);
    if (this.closed || beats.length === 0) return;
    // text/plain: no preflight; the token stands in the body because a beacon carries no headers
    const body = new Blob([this.body(this.options.token, beats)], { type: 'text/plain' });
    if (typeof navigator.sendBeacon !== 'function' || !navigator.sendBeacon(this.options.url, body)) this.flush();
  }

  /** What earlier pages could not bring home. A session the server refuses is forgotten, else the next visit tries again. */
  async sendLeftOvers(): Promise<void> {
    const groups = new Map<string, StoredBeat[]>();
    for (const row of await this.options.store.all()) {
      if (row.session === this.options.session) continue;
      groups.set(row.session, [...(groups.get(row.session) ?? []), row]);
    }
    for (const [session, rows] of groups) {
      rows.sort((a, b) => a.beat.seq - b.beat.seq);
      for (let i = 0; i < rows.length; i += MOST_BEATS) {
        const part = rows.slice(i, i + MOST_BEATS);
        try {
          const answer = await this.post(
            part[0]?.token ?? '',
            part.map((row) => row.beat),
          );
          if (answer.settled_seq !== null) await this.options.store.settle(session, answer.settled_seq);
        } catch (error) {
          if (!worthRetry(error)) await this.options.store.drop(session);
          break;
        }
      }
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private body(token: string, beats: Beat[]): string {
    return JSON.stringify({ token, sent_ms: Math.round(performance.now()), sent_boot: this.options.boot(), beats });
  }

  private async post(token: string, beats: Beat[]): Promise<HeartbeatAnswer> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), ANSWER_MS);
    try {
      return await fetchJson<HeartbeatAnswer>(this.options.url, {
        method: 'POST',
        body: this.body(token, beats),
        headers: { 'Content-Type': 'application/json' },
        signal: patience.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private async send(beats: Beat[]): Promise<void> {
    this.flight = true;
    let pause: number | null = null;
    try {
      const answer = await this.post(this.options.token, beats);
      this.failures = 0;
      this.options.onOffline(false);
      this.accept(beats, answer);
      if (this.waiting.length > 0) pause = RESEND_MS; // ask again what became of them, also while the video rests
    } catch (error) {
      if (worthRetry(error)) {
        pause = backOff(this.failures, 1000, LONGEST_PAUSE_MS);
        this.failures += 1;
        this.options.onOffline(true);
      } else {
        this.refuse(error as Refusal);
      }
    } finally {
      this.flight = false;
    }
    const more = this.takeAgain() || this.waiting.some((beat) => beat.seq > this.acceptedSeq);
    if (this.failures === 0 && more) this.flush();
    else if (pause !== null && !this.closed) this.timer = setTimeout(() => this.flush(), pause);
  }

  private takeAgain(): boolean {
    const wanted = this.again;
    this.again = false;
    return wanted;
  }

  private accept(beats: Beat[], answer: HeartbeatAnswer): void {
    const lastSent = beats[beats.length - 1]?.seq ?? 0;
    this.acceptedSeq = Math.max(this.acceptedSeq, answer.accepted_seq ?? lastSent);
    const settled = answer.settled_seq;
    if (settled !== null) {
      this.waiting = this.waiting.filter((beat) => beat.seq > settled);
      this.options.store.settle(this.options.session, settled).catch(() => undefined);
    }
    this.options.onAnswer(answer);
  }

  private refuse(refusal: Refusal): void {
    this.closed = true;
    this.waiting = [];
    this.options.store.drop(this.options.session).catch(() => undefined);
    this.options.onRefused(refusal);
  }
}
