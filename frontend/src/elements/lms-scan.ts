/**
 * <lms-scan data-path="/practice/scan/"> (templates/parts/scan.html): reads the QR code of a base with the camera and goes to
 * its address. Without a camera, or when it is refused, the six digits below do the same. In WeChat people scan with WeChat.
 */
import { type ReadQr, ownAddress, ownReader, workerReader } from '../scan/reader';

const EVERY_MS = 200;

export class LmsScan extends HTMLElement {
  private stream: MediaStream | null = null;
  private worker: Worker | null = null;
  private read: ReadQr | null = null;
  private timer: number | undefined;
  private found = false;

  connectedCallback(): void {
    this.addEventListener('click', this.onClick);
    document.addEventListener('visibilitychange', this.onVisibility);
    queueMicrotask(() => this.begin()); // children of a swapped fragment may come after the element
  }

  disconnectedCallback(): void {
    this.removeEventListener('click', this.onClick);
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.stop();
    this.worker?.terminate();
    this.worker = null;
  }

  private begin(): void {
    const media = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
    if (typeof media?.getUserMedia === 'function') void this.startIfAllowed();
    else this.say('noCamera');
  }

  /** Starts by itself only where the permission was given before; else a button asks, so that nobody is surprised. */
  private async startIfAllowed(): Promise<void> {
    try {
      const state = await navigator.permissions.query({ name: 'camera' });
      if (state.state === 'granted') await this.start();
    } catch {
      // this browser does not tell; the button asks
    }
  }

  private async start(): Promise<void> {
    if (this.stream || this.found || this.dataset['state'] === 'opening') return;
    this.say('opening');
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment', width: { ideal: 1280 } },
        audio: false,
      });
    } catch (error) {
      const refused = error instanceof DOMException && error.name === 'NotAllowedError';
      this.say(refused ? 'refused' : 'noCamera');
      return;
    }
    const video = this.querySelector('video');
    if (!video) return;
    video.srcObject = this.stream;
    await video.play().catch(() => undefined);
    this.toggleAttribute('data-live', true);
    this.say('aim');
    this.offerTorch();
    this.read ??= (await ownReader()) ?? this.ownWorker();
    this.plan();
  }

  private ownWorker(): ReadQr {
    this.worker = new Worker(new URL('../scan/qr.worker.ts', import.meta.url));
    return workerReader(this.worker);
  }

  private stop(): void {
    window.clearTimeout(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.toggleAttribute('data-live', false);
  }

  private plan(): void {
    this.timer = window.setTimeout(() => void this.look(), EVERY_MS);
  }

  private async look(): Promise<void> {
    const video = this.querySelector('video');
    if (!video || !this.read || !this.stream || this.found) return;
    const text = video.readyState >= 2 ? await this.read(video).catch(() => null) : null;
    if (text !== null) this.take(text);
    else this.plan();
  }

  private take(text: string): void {
    const address = ownAddress(text, location.origin, this.dataset['path'] ?? '/practice/scan/');
    if (address === null) {
      this.say('foreign');
      this.plan();
      return;
    }
    this.found = true;
    this.say('found');
    this.stop();
    (navigator as { vibrate?: (ms: number) => boolean }).vibrate?.(60);
    if (this.dispatchEvent(new CustomEvent('scan:found', { bubbles: true, cancelable: true, detail: { address } }))) {
      location.assign(address);
    }
  }

  private offerTorch(): void {
    const track = this.stream?.getVideoTracks()[0];
    const abilities = track?.getCapabilities() as { torch?: boolean } | undefined;
    this.querySelector('[data-torch]')?.toggleAttribute('hidden', abilities?.torch !== true);
  }

  private say(name: string): void {
    const place = this.querySelector('[data-words]');
    const key = `strings${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    if (place) place.textContent = this.dataset[key] ?? '';
    this.dataset['state'] = name;
  }

  private readonly onClick = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (button?.hasAttribute('data-camera')) void this.start();
    else if (button?.hasAttribute('data-torch')) {
      const on = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(on));
      const wish = { advanced: [{ torch: on }] } as unknown as MediaTrackConstraints;
      void this.stream
        ?.getVideoTracks()[0]
        ?.applyConstraints(wish)
        .catch(() => undefined);
    }
  };

  private readonly onVisibility = (): void => {
    const wasLive = this.hasAttribute('data-live');
    if (document.hidden) {
      this.stop();
      if (wasLive) this.dataset['resume'] = '';
    } else if (this.dataset['resume'] !== undefined) {
      delete this.dataset['resume'];
      void this.start();
    }
  };
}

customElements.define('lms-scan', LmsScan);
