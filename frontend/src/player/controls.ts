/** The bar under the picture: one-hand buttons of 44 px, a seek line that does not pass what was never watched, keys. */
import { clockText } from '../elements/lms-countdown';

export interface ControlsHost {
  readonly video: HTMLVideoElement;
  readonly stage: HTMLElement;
  readonly captions: { readonly on: boolean; toggle(): void };
  /** Seconds up to which seeking is allowed. */
  limit(): number;
  /** The largest rate that still counts. */
  maxRate(): number;
  toggle(): void;
  onBlockedSeek(): void;
}

const QUIET_MS = 3000;
const RATES = [1, 1.25, 1.5, 2];

export class Controls {
  private readonly seek: HTMLInputElement | null;
  private quiet: number | undefined;
  private dragging = false;
  private length = 0;
  /** The finger that is down found the bar hidden: its touch shows the bar and does nothing else. */
  private onlyShows = false;

  constructor(private readonly host: ControlsHost) {
    const { stage, video } = host;
    this.seek = stage.querySelector<HTMLInputElement>('[data-seek]');
    stage.addEventListener('click', this.onClick);
    stage.addEventListener('pointerdown', this.onPress);
    stage.addEventListener('pointermove', this.onMove);
    stage.addEventListener('focusin', this.wake);
    document.addEventListener('keydown', this.onKey);
    this.seek?.addEventListener('input', this.onInput);
    this.seek?.addEventListener('change', this.onChange);
    for (const name of ['play', 'pause', 'timeupdate', 'durationchange', 'ratechange', 'volumechange', 'seeked']) {
      video.addEventListener(name, this.render);
    }
    document.addEventListener('fullscreenchange', this.render);
    this.render();
  }

  destroy(): void {
    document.removeEventListener('keydown', this.onKey);
    document.removeEventListener('fullscreenchange', this.render);
    window.clearTimeout(this.quiet);
  }

  /** The length the server knows; the stream may tell its own a little later. */
  setLength(seconds: number): void {
    this.length = seconds;
    this.render();
  }

  leaveFullscreen(): void {
    const page = document as Document & { webkitExitFullscreen?: () => void; webkitFullscreenElement?: Element | null };
    const { video } = this.host;
    const phone = video as HTMLVideoElement & {
      webkitDisplayingFullscreen?: boolean;
      webkitExitFullscreen?: () => void;
    };
    if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
    else if (page.webkitFullscreenElement) page.webkitExitFullscreen?.();
    else if (phone.webkitDisplayingFullscreen) phone.webkitExitFullscreen?.();
  }

  /** Moves by `seconds` within what is allowed. */
  nudge(seconds: number): void {
    this.goTo(this.host.video.currentTime + seconds);
  }

  goTo(seconds: number): void {
    const limit = this.host.limit();
    if (seconds > limit + 0.5) this.host.onBlockedSeek();
    this.host.video.currentTime = Math.max(0, Math.min(seconds, limit));
  }

  private readonly render = (): void => {
    const { video, stage } = this.host;
    const length = Number.isFinite(video.duration) && video.duration > 0 ? video.duration : this.length;
    const text = (name: string, words: string): void => {
      const place = stage.querySelector(`[data-${name}]`);
      if (place && place.textContent !== words) place.textContent = words;
    };
    text('now', clockText(this.dragging ? Number(this.seek?.value ?? 0) : video.currentTime));
    text('length', clockText(length));
    text('rate', `${video.playbackRate.toFixed(video.playbackRate % 0.5 === 0 ? 1 : 2)}×`);
    if (this.seek) {
      this.seek.max = String(Math.floor(length));
      if (!this.dragging) this.seek.value = String(video.currentTime);
      this.seek.setAttribute('aria-valuetext', `${clockText(video.currentTime)} / ${clockText(length)}`);
      const share = length > 0 ? (100 * Number(this.seek.value)) / length : 0;
      stage.querySelector('[data-played]')?.setAttribute('width', share.toFixed(2));
    }
    const paused = video.paused;
    for (const part of stage.querySelectorAll<SVGElement>('[data-when-paused]'))
      part.toggleAttribute('hidden', !paused);
    for (const part of stage.querySelectorAll<SVGElement>('[data-when-playing]'))
      part.toggleAttribute('hidden', paused);
    const toggle = stage.querySelector<HTMLElement>('[data-toggle]');
    toggle?.setAttribute('aria-label', (paused ? toggle.dataset['play'] : toggle.dataset['pause']) ?? '');
    const captions = stage.querySelector('[data-captions-toggle]');
    captions?.setAttribute('aria-pressed', String(this.host.captions.on));
    if (paused) this.wake();
  };

  private toggleCaptions(): void {
    this.host.captions.toggle();
    this.render();
  }

  private toggleFullscreen(): void {
    const { stage, video } = this.host;
    if (document.fullscreenElement) {
      this.leaveFullscreen();
      return;
    }
    const box = stage as HTMLElement & { webkitRequestFullscreen?: () => void };
    const phone = video as HTMLVideoElement & { webkitEnterFullscreen?: () => void };
    if (typeof box.requestFullscreen === 'function') void box.requestFullscreen().catch(() => undefined);
    else if (box.webkitRequestFullscreen) box.webkitRequestFullscreen();
    else phone.webkitEnterFullscreen?.();
  }

  private nextRate(): void {
    const { video } = this.host;
    const allowed = RATES.filter((rate) => rate <= this.host.maxRate());
    video.playbackRate = allowed[(allowed.indexOf(video.playbackRate) + 1) % allowed.length] ?? 1;
  }

  private readonly onClick = (event: Event): void => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    if (target.closest('[data-toggle], [data-start]')) this.host.toggle();
    else if (target.closest('[data-captions-toggle]')) this.toggleCaptions();
    else if (target.closest('[data-fullscreen]')) this.toggleFullscreen();
    else if (target.closest('[data-rate]')) this.nextRate();
    else if (target instanceof HTMLVideoElement) {
      // a touch first shows the bar; a touch on the visible bar's picture pauses, as people know it
      if (!this.onlyShows) this.host.toggle();
      this.wake();
    }
  };

  private readonly onPress = (event: PointerEvent): void => {
    this.onlyShows = event.pointerType === 'touch' && this.host.stage.classList.contains('stage-quiet');
  };

  /** A finger trembles before it lifts; only a mouse says by moving that somebody looks for the bar. */
  private readonly onMove = (event: PointerEvent): void => {
    if (event.pointerType !== 'touch') this.wake();
  };

  private readonly onInput = (): void => {
    this.dragging = true;
    this.render();
  };

  private readonly onChange = (): void => {
    this.dragging = false;
    this.goTo(Number(this.seek?.value ?? 0));
    this.render();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target instanceof Element && target.closest('input, textarea, select, button, a, [role="dialog"], [inert]'))
      return;
    if (this.host.stage.closest('[inert]')) return;
    const actions: Record<string, () => void> = {
      ' ': () => this.host.toggle(),
      k: () => this.host.toggle(),
      ArrowLeft: () => this.nudge(-5),
      ArrowRight: () => this.nudge(5),
      f: () => this.toggleFullscreen(),
      c: () => this.toggleCaptions(),
      m: () => {
        this.host.video.muted = !this.host.video.muted;
      },
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
    this.wake();
  };

  /** Shows the bar; it goes after three seconds of playing untouched. */
  private readonly wake = (): void => {
    const { stage, video } = this.host;
    stage.classList.remove('stage-quiet');
    window.clearTimeout(this.quiet);
    this.quiet = window.setTimeout(() => {
      if (!video.paused && !stage.querySelector('.stage-bar')?.contains(document.activeElement)) {
        stage.classList.add('stage-quiet');
      }
    }, QUIET_MS);
  };
}
