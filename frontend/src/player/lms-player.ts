/**
 * <lms-player data-enrolment data-unit data-sessions-url data-heartbeats-url data-period-seconds …>: templates/player/watch.html.
 *
 * Puts the parts together: the session is opened by the first play (it takes the learner's clock), the stream is attached, the
 * clock cuts what runs in front of the learner into beats, the heartbeat brings them home, and the page always shows what the
 * server says about them. Nothing here adds up learning time.
 */
import { clockText } from '../elements/lms-countdown';
import { Refusal, backOff, fetchJson, postJson, worthRetry } from '../net';
import type { Coverage, HeartbeatAnswer, PlaySession, Progress, Prompt } from './beat';
import { Captions } from './captions';
import { Checking } from './checking';
import type { WatchClock } from './clock';
import { Controls } from './controls';
import { showState, stateOf } from './counting-chip';
import { showFigures } from './figures';
import type { Heartbeat } from './heartbeat';
import type { BeatStore } from './queue';
import { SLOW_SECONDS, StallWatch } from './rescue';
import type { Source } from './source';
import { frontier, gaps } from './spans';
import type { ScreenLock } from './wake-lock';
import { Words } from './words';

const SAMPLE_MS = 1000;
const PROGRESS_AFTER_MS = 2000;
/** A video starts some frames after the place it was sent to; going back a little leaves no hole in the coverage. */
const LEAD_IN_SECONDS = 1;
const SMALLEST_GAP_SECONDS = 0.001;
const REOPEN_EVERY_MS = 60_000;

export class LmsPlayer extends HTMLElement {
  video!: HTMLVideoElement;
  stage!: HTMLElement;
  captions!: Captions;
  private words!: Words;
  private controls!: Controls;
  private checking!: Checking;
  private screen: ScreenLock | null = null;
  private live: typeof import('./live') | null = null;
  private store: Promise<BeatStore> | null = null;
  private clock: WatchClock | null = null;
  private heart: Heartbeat | null = null;
  private source: Source | null = null;
  private session: PlaySession | null = null;
  private opening: Promise<boolean> | null = null;
  private openedAt = -Infinity;
  private coverage: Coverage = { credited: [], pending: [], refused: [] };
  private unitSeconds = 0;
  private furthest = 0;
  private sampler: number | undefined;
  private progressTimer: number | undefined;
  private retryTimer: number | undefined;
  private failures = 0;
  /** The learner wants it to run: only then a standing picture is brought back. */
  private wanted = false;
  /** The stream is being replaced: a pause that comes now is not the learner's. */
  private mending = false;
  private slow = false;
  private readonly watch = new StallWatch(() => performance.now());
  /** It ran when a check came up, so it runs on after it. */
  private resume = false;
  private elsewhere = false;
  private failed = false;
  private offline = false;
  private stalled = false;
  private capped = false;
  private complete = false;

  connectedCallback(): void {
    queueMicrotask(() => this.begin()); // children of a swapped fragment may come after the element
  }

  private begin(): void {
    if (!this.isConnected) return;
    const video = this.querySelector('video');
    const stage = this.querySelector<HTMLElement>('[data-stage]');
    if (!video || !stage || this.sampler !== undefined) return;
    this.video = video;
    this.stage = stage;
    this.captions = new Captions(video, stage.querySelector('[data-caption]'));
    this.words = new Words(this, stage);
    this.controls = new Controls(this);
    this.checking = new Checking({
      dataset: this.dataset,
      sessionUrl: () => this.sessionUrl(),
      onShow: () => this.standForCheck(),
      onDone: (passed) => this.afterCheck(passed),
      refresh: () => this.refresh(),
      say: (text) => this.words.say(text),
    });
    this.unitSeconds = Number(this.dataset['unitSeconds'] ?? '0');
    this.controls.setLength(this.unitSeconds);
    const known = document.getElementById('play-progress')?.textContent ?? '';
    if (known !== '') this.showProgress(JSON.parse(known) as Progress);
    this.listen();
    this.sampler = window.setInterval(() => this.sample(), SAMPLE_MS);
    this.showChip();
  }

  disconnectedCallback(): void {
    if (this.sampler === undefined) return;
    window.clearInterval(this.sampler);
    window.clearTimeout(this.progressTimer);
    window.clearTimeout(this.retryTimer);
    this.sampler = undefined;
    this.clock?.stopped('hidden', this.video.currentTime);
    this.heart?.beacon();
    this.heart?.close();
    this.source?.destroy();
    this.controls.destroy();
    this.checking.destroy();
    this.screen?.release();
    document.removeEventListener('click', this.onJump);
    document.removeEventListener('click', this.onConfirm);
    document.removeEventListener('visibilitychange', this.onVisibility);
    window.removeEventListener('pagehide', this.onLeave);
    window.removeEventListener('online', this.onOnline);
  }

  // ---- what the controls ask -----------------------------------------------------------

  limit(): number {
    const end = Number.isFinite(this.video.duration) ? this.video.duration : this.unitSeconds;
    return this.complete || this.dataset['freeSeek'] !== undefined ? end : Math.min(end, this.furthest);
  }

  maxRate(): number {
    return this.session?.max_rate ?? 1;
  }

  toggle(): void {
    if (this.video.paused && !this.opening) void this.play();
    else this.rest();
  }

  onBlockedSeek(): void {
    this.words.say(this.dataset['stringsNoSkip'] ?? '');
  }

  // ---- playing ---------------------------------------------------------------------------

  private async play(): Promise<void> {
    if (this.checking.isAsking) return;
    this.wanted = true;
    window.clearTimeout(this.retryTimer);
    this.words.say('');
    if (!this.session || this.elsewhere || this.failed) {
      // the first tap must reach the video itself, or Safari refuses to start it after the network has answered
      if (!this.source) this.video.play().catch(() => undefined);
      if (!(await this.open())) return;
    }
    await this.press();
  }

  /** The video itself is told to run; a browser that wants a finger on the button first gets one. */
  private async press(): Promise<void> {
    if (!this.wanted) return; // pressed pause meanwhile
    try {
      await this.video.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.rest();
    }
  }

  /** Nobody wants it to run now. */
  private rest(): void {
    this.wanted = false;
    window.clearTimeout(this.retryTimer);
    this.watch.rest();
    this.video.pause();
    this.showChip();
  }

  private open(): Promise<boolean> {
    this.opening ??= this.openSession().finally(() => {
      this.opening = null;
      this.stage.removeAttribute('aria-busy');
      this.showChip();
    });
    return this.opening;
  }

  private async openSession(): Promise<boolean> {
    this.stage.setAttribute('aria-busy', 'true');
    this.openedAt = performance.now();
    try {
      const live = await this.bringLive();
      const { enrolment, unit, sessionsUrl } = this.dataset;
      const session = await postJson<PlaySession>(sessionsUrl ?? '/api/v1/play-sessions/', {
        enrolment: Number(enrolment),
        unit,
      });
      const at = this.source ? Math.max(0, this.video.currentTime - LEAD_IN_SECONDS) : this.startOf(session);
      this.session = session;
      this.elsewhere = false;
      this.failed = false;
      this.failures = 0;
      await this.startCounting(live, session);
      this.mending = true;
      this.source?.destroy();
      this.addCaptions(session);
      this.source = await live.attach(this.video, session.playback, at, {
        onExpired: () => void this.reopen(),
        onBroken: () => void this.reopen(),
      });
      for (const notice of session.notices) this.words.note(notice.code, notice.text);
      this.checking.take(session.prompt ?? null, true);
      return true;
    } catch (error) {
      if (worthRetry(error)) this.waitForNetwork();
      else this.fail(error instanceof Refusal ? error.message : (this.dataset['stringsBroken'] ?? ''));
      return false;
    } finally {
      this.mending = false;
    }
  }

  /** The server can't be reached: it is asked again by itself, and at once when the phone finds a network. */
  private waitForNetwork(): void {
    this.words.say(this.dataset['stringsNoNetwork'] ?? '', true);
    window.clearTimeout(this.retryTimer);
    this.retryTimer = window.setTimeout(() => void this.play(), backOff(this.failures, 2000, 20_000));
    this.failures += 1;
    this.session = null;
  }

  /** The session has ended under a running video: a new one takes over and the picture goes on. */
  private async takeOver(): Promise<void> {
    const wanted = this.wanted;
    if ((await this.open()) && wanted) await this.play();
  }

  private async bringLive(): Promise<typeof import('./live')> {
    if (this.live) return this.live;
    const live = await import('./live');
    this.live = live;
    this.screen = new live.ScreenLock();
    this.checking.bring(live.PresenceCheck);
    return live;
  }

  /** The ticket of the video has ended while it played: a new session takes over at the same second. */
  private async reopen(): Promise<void> {
    if (performance.now() - this.openedAt < REOPEN_EVERY_MS) {
      this.fail(this.dataset['stringsBroken'] ?? '');
      return;
    }
    await this.takeOver();
  }

  private startOf(session: PlaySession): number {
    this.unitSeconds = session.duration_seconds;
    this.controls.setLength(this.unitSeconds);
    this.furthest = Math.max(this.furthest, session.resume_position);
    const resume = session.resume_position >= this.unitSeconds - 2 ? this.firstGap() : session.resume_position;
    return Math.max(0, Number(this.dataset['startAt'] ?? resume) - LEAD_IN_SECONDS);
  }

  /** The first second that does not count yet, however short the hole; 0 if all do. */
  private firstGap(): number {
    return gaps(this.coverage, this.unitSeconds, SMALLEST_GAP_SECONDS)[0]?.[0] ?? 0;
  }

  private async startCounting(live: typeof import('./live'), session: PlaySession): Promise<void> {
    this.clock?.stopped('pause', this.video.currentTime);
    this.store ??= live.openStore();
    const store = await this.store;
    const before = this.heart;
    const clock = new live.WatchClock({
      firstSeq: session.next_seq,
      tickMs: session.heartbeat_seconds * 1000,
      newBoot: () => Math.random().toString(36).slice(2, 12),
      now: () => performance.now(),
      wall: () => Date.now(),
      emit: (beat) => heart.push(beat),
    });
    const heart = new live.Heartbeat({
      url: this.dataset['heartbeatsUrl'] ?? '/api/v1/heartbeats/',
      session: session.session,
      token: session.token,
      store,
      boot: () => clock.boot,
      wall: () => Date.now(),
      onAnswer: (answer) => this.onAnswer(answer),
      onOffline: (offline) => {
        if (this.offline && !offline) this.checking.returned();
        this.offline = offline;
        this.showKept();
        this.showChip();
      },
      onRefused: () => {
        this.session = null;
        if (this.heart === heart && this.wanted) void this.takeOver();
      },
    });
    this.clock = clock;
    this.heart = heart;
    before?.close();
    void heart.sendLeftOvers().catch(() => undefined);
  }

  private addCaptions(session: PlaySession): void {
    const { captions_url: url, captions_language: language } = session.playback;
    if (!url) return;
    this.captions.add(url, language ?? 'zh', this.dataset['stringsCaptions'] ?? '');
    this.stage.querySelector('[data-captions-toggle]')?.removeAttribute('hidden');
  }

  // ---- watching ----------------------------------------------------------------------------

  private listen(): void {
    const { video } = this;
    const stop = (): void => {
      // the browser says "pause" before "ended"
      this.clock?.stopped(video.ended ? 'end' : 'pause', video.currentTime);
      this.screen?.release();
      this.showChip();
    };
    video.addEventListener('playing', () => {
      this.stage.classList.add('stage-live');
      if (this.stalled) this.checking.returned();
      this.stalled = false;
      this.screen?.hold();
      this.sample();
    });
    video.addEventListener('timeupdate', () => this.sample());
    video.addEventListener('pause', () => {
      if (!this.mending && !video.ended) this.wanted = false; // the lock screen, a headset, the learner
      stop();
    });
    video.addEventListener('ended', () => {
      this.wanted = false;
      stop();
    });
    video.addEventListener('waiting', () => {
      this.stalled = true;
      stop();
    });
    video.addEventListener('seeking', this.onSeeking);
    video.addEventListener('ratechange', () => {
      if (video.playbackRate > this.maxRate()) video.playbackRate = this.maxRate();
    });
    document.addEventListener('click', this.onJump);
    document.addEventListener('click', this.onConfirm);
    document.addEventListener('visibilitychange', this.onVisibility);
    window.addEventListener('pagehide', this.onLeave);
    window.addEventListener('online', this.onOnline);
  }

  /** Is the video really running in front of the learner? */
  private get isRunning(): boolean {
    const { video } = this;
    return (
      this.clock !== null &&
      !video.paused &&
      !video.ended &&
      !video.seeking &&
      video.readyState >= 3 &&
      !document.hidden &&
      !this.elsewhere &&
      !this.checking.isAsking &&
      video.playbackRate <= this.maxRate()
    );
  }

  private sample(): void {
    this.keepGoing();
    // a picture that rests is left in peace: what waits is kept, and asked for when it runs again
    const there = this.session !== null && !this.opening && !document.hidden && !this.offline && navigator.onLine;
    this.checking.tick(there && (this.isRunning || this.video.ended), this.isRunning);
    if (this.isRunning) {
      this.clock?.running(this.video.currentTime, this.video.playbackRate);
      this.furthest = Math.max(this.furthest, this.video.currentTime);
    } else if (this.clock?.isOpen) {
      this.clock.stopped(this.video.ended ? 'end' : 'pause', this.video.seeking ? undefined : this.video.currentTime);
    }
    this.showChip();
  }

  /** A picture that stands although the learner wants it to run is brought back; after some seconds the learner hears why. */
  private keepGoing(): void {
    const { video } = this;
    if (!this.wanted || !this.source || !this.session || this.opening || this.checking.isAsking || video.ended) {
      this.watch.rest();
      return;
    }
    const remedy = this.watch.due(video);
    const slow = this.watch.standing >= SLOW_SECONDS;
    if (slow !== this.slow) this.words.say(slow ? this.whyItStands() : '', slow);
    this.slow = slow;
    if (remedy === null) return;
    this.mending = true;
    if (remedy !== 'resume') this.source.mend(remedy);
    void this.press().finally(() => {
      this.mending = false;
    });
  }

  private whyItStands(): string {
    return this.dataset[navigator.onLine ? 'stringsSlow' : 'stringsNoNetwork'] ?? '';
  }

  private readonly onSeeking = (): void => {
    this.clock?.stopped('seek');
    const limit = this.limit();
    if (this.session && this.video.currentTime > limit + 1) {
      this.onBlockedSeek();
      this.video.currentTime = limit;
    }
  };

  private readonly onVisibility = (): void => {
    if (document.hidden) {
      this.clock?.stopped('hidden', this.video.currentTime);
      this.rest(); // what nobody sees does not count: better to stop than to let it run for nothing
      this.heart?.beacon();
    } else {
      this.checking.returned();
      if (!this.video.paused) this.screen?.hold();
      void this.refresh(); // a check may have been asked meanwhile
    }
  };

  private readonly onLeave = (): void => {
    this.clock?.stopped('hidden', this.video.currentTime);
    this.heart?.beacon();
  };

  private readonly onOnline = (): void => {
    this.heart?.flush();
    if (this.wanted && !this.session) void this.play();
  };

  /** `[data-jump="725"]` goes to that second, `[data-jump=""]` to the first part that does not count yet. */
  private readonly onJump = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest('[data-jump]') : null;
    if (!button || event.defaultPrevented) return;
    event.preventDefault();
    const wanted = button.getAttribute('data-jump') ?? '';
    const at = wanted === '' ? this.firstGap() : Number(wanted);
    this.furthest = Math.max(this.furthest, at);
    this.stage.scrollIntoView({ block: 'nearest' });
    if (this.session) {
      this.controls.goTo(Math.max(0, at - LEAD_IN_SECONDS));
      void this.play();
    } else {
      this.dataset['startAt'] = String(at);
      void this.play();
    }
  };

  /** `[data-confirm]` confirms at once what waits; `[data-here]` brings the counting back to this page. */
  private readonly onConfirm = (event: Event): void => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest('[data-here]')) void this.play();
    if (target?.closest('[data-confirm]')) void this.confirm();
  };

  private async confirm(): Promise<void> {
    // a new session opens with a check of its own, unless one was passed a moment ago
    if ((!this.session || this.elsewhere || this.failed) && !(await this.open())) return;
    if (!this.checking.isAsking) await this.checking.request('confirm');
  }

  // ---- what the server says ------------------------------------------------------------------

  private onAnswer(answer: HeartbeatAnswer): void {
    if (answer.prompt) this.onPrompt(answer.prompt);
    if (answer.verdicts?.some((one) => one.verdict === 'SUPERSEDED')) this.onPrompt({ kind: 'superseded' });
    window.clearTimeout(this.progressTimer);
    this.progressTimer = window.setTimeout(() => void this.refresh(), PROGRESS_AFTER_MS);
    this.showChip();
  }

  private onPrompt(prompt: Prompt): void {
    if (prompt.kind === 'superseded') {
      this.elsewhere = true;
      this.checking.drop();
      this.rest();
      this.words.say(prompt.text ?? this.dataset['stringsElsewhere'] ?? '', true);
    } else if (prompt.kind === 'daily_cap') {
      this.capped = true;
      this.words.note('daily_cap', prompt.text ?? this.dataset['stringsCapped'] ?? '');
    } else if (prompt.kind === 'check_failed') {
      this.fail(prompt.text ?? '');
      this.checking.drop();
    } else if (prompt.id !== undefined) this.checking.take(prompt);
    this.showChip();
  }

  /** The stretch is closed before the pause, so that the pause is known to be ours. */
  private standForCheck(): void {
    this.clock?.stopped('check', this.video.currentTime);
    this.controls.leaveFullscreen();
    this.resume = this.wanted || !this.video.paused;
    this.video.pause();
    this.showChip();
  }

  private afterCheck(passed: boolean): void {
    window.clearTimeout(this.progressTimer);
    this.progressTimer = window.setTimeout(() => void this.refresh(), PROGRESS_AFTER_MS);
    if (this.resume && !this.video.ended && !this.failed && !this.elsewhere) void this.play();
    else if (!passed) this.rest();
    this.showChip();
  }

  private sessionUrl(): string {
    const base = this.dataset['sessionsUrl'] ?? '/api/v1/play-sessions/';
    return `${base}${encodeURIComponent(this.session?.session ?? '')}/`;
  }

  private async refresh(): Promise<Progress | null> {
    if (!this.session) return null;
    try {
      const progress = await fetchJson<Progress>(`${this.sessionUrl()}progress/`);
      this.showProgress(progress);
      if (progress.closed === 'check_failed' && !this.failed)
        this.onPrompt({ kind: 'check_failed', text: this.dataset['stringsCheckFailed'] ?? '' });
      else if (progress.prompt) this.onPrompt(progress.prompt);
      if (progress.pending_seconds > 0 && this.video.paused) {
        window.clearTimeout(this.progressTimer);
        this.progressTimer = window.setTimeout(() => void this.refresh(), 5 * PROGRESS_AFTER_MS);
      }
      return progress;
    } catch {
      return null; // the figures stay as they were; the next beat asks again
    }
  }

  private showProgress(progress: Progress): void {
    this.coverage = progress;
    this.unitSeconds = progress.unit_seconds;
    this.furthest = Math.max(this.furthest, frontier(progress));
    this.complete = progress.credited_seconds >= progress.unit_seconds;
    this.capped = progress.today_left_seconds === 0;
    showFigures(this.closest('main') ?? document, progress, {
      period: Number(this.dataset['periodSeconds'] ?? '2700'),
      complete: this.complete,
      coverage: this.dataset['stringsCoverage'] ?? '',
    });
    this.showChip();
  }

  // ---- words -----------------------------------------------------------------------------------

  private showChip(): void {
    const chip = this.stage.querySelector<HTMLElement>('[data-chip]');
    if (!chip) return;
    const { video } = this;
    showState(
      chip,
      stateOf({
        failed: this.failed,
        elsewhere: this.elsewhere,
        checking: this.checking.isAsking,
        started: this.session !== null || this.opening !== null || this.wanted,
        running: this.isRunning,
        stalled:
          this.opening !== null ||
          (this.wanted && !this.session) ||
          (!video.paused && (this.stalled || video.readyState < 3)),
        offline: this.offline || !navigator.onLine,
        capped: this.capped,
        complete: this.complete,
      }),
    );
    this.stage.classList.toggle('stage-paused', video.paused);
    this.stage.querySelector('[data-here]')?.toggleAttribute('hidden', !this.elsewhere);
  }

  /** What lies on this phone and has not reached the server is shown apart, never as credited. */
  private showKept(): void {
    const seconds = this.offline ? (this.heart?.keptSeconds ?? 0) : 0;
    const root = this.closest('main') ?? document;
    for (const place of root.querySelectorAll<HTMLElement>('[data-if-kept]')) place.hidden = seconds < 1;
    for (const place of root.querySelectorAll('[data-figure="kept"]')) place.textContent = clockText(seconds);
  }

  private fail(text: string): void {
    this.failed = true;
    this.clock?.stopped('pause', this.video.currentTime);
    this.rest();
    this.words.say(text, true);
    this.showChip();
  }
}

customElements.define('lms-player', LmsPlayer);
