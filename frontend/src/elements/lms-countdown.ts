/**
 * <lms-countdown data-seconds="60" data-total="60"> … <text data-left> … <path data-ring pathLength="100"> … </lms-countdown>
 *
 * Counts the seconds the server gave down on the monotonic clock of the page (a wrong phone clock changes nothing).
 * `data-format`: `seconds` (47) or `clock` (3:07). Fires `countdown:end` once; `data-then="reload"` reloads the page then.
 */

export class LmsCountdown extends HTMLElement {
  static readonly observedAttributes = ['data-seconds'];
  private endsAt = 0;
  private timer: number | undefined;
  private told = false;

  connectedCallback(): void {
    if (!this.hasAttribute('role')) this.setAttribute('role', 'timer');
    this.restart();
    queueMicrotask(() => this.render()); // children of a swapped fragment may come after the element
  }

  disconnectedCallback(): void {
    window.clearTimeout(this.timer);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.restart();
  }

  /** Whole seconds left, never negative. */
  get left(): number {
    return Math.max(0, Math.ceil((this.endsAt - performance.now()) / 1000));
  }

  private restart(): void {
    window.clearTimeout(this.timer);
    this.told = false;
    this.endsAt = performance.now() + Number(this.dataset['seconds'] ?? '0') * 1000;
    this.tick();
  }

  private readonly tick = (): void => {
    this.render();
    const rest = this.endsAt - performance.now();
    if (rest > 0) {
      this.timer = window.setTimeout(this.tick, (rest % 1000) + 20);
    } else if (!this.told) {
      this.told = true;
      this.dispatchEvent(new CustomEvent('countdown:end', { bubbles: true }));
      if (this.dataset['then'] === 'reload') location.reload();
    }
  };

  private render(): void {
    const left = this.left;
    const words = this.dataset['format'] === 'clock' ? clockText(left) : String(left);
    for (const place of this.querySelectorAll('[data-left]')) place.textContent = words;
    const total = Number(this.dataset['total'] ?? this.dataset['seconds'] ?? '0');
    const share = total > 0 ? Math.round((100 * left) / total) : 0;
    this.querySelector('[data-ring]')?.setAttribute('stroke-dasharray', `${share} 100`);
  }
}

/** 187 → "3:07", 3725 → "1:02:05". */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

customElements.define('lms-countdown', LmsCountdown);
