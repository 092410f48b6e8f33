/**
 * <lms-poll data-url="/x/part/" data-every="5">first content</lms-poll>
 *
 * Shows the newest fragment of the server while work is under way. Ends when the fragment holds `[data-poll-done]` or the
 * answer is 204 or 286. Rests while the page is hidden or the phone offline; backs off up to a minute when the server fails and keeps
 * what it showed. Fires `poll:change` after each visible change, `poll:done` at the end.
 */
import { fetchFragment, showFragment } from '../fragment';
import { backOff } from '../net';

export class LmsPoll extends HTMLElement {
  private timer: number | undefined;
  private failures = 0;
  private done = false;
  private flight: AbortController | null = null;

  connectedCallback(): void {
    document.addEventListener('visibilitychange', this.wake);
    window.addEventListener('online', this.wake);
    this.done = this.querySelector('[data-poll-done]') !== null;
    this.plan();
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.wake);
    window.removeEventListener('online', this.wake);
    window.clearTimeout(this.timer);
    this.flight?.abort();
    this.flight = null;
  }

  /** Asks at once, outside the rhythm. */
  refresh(): Promise<void> {
    window.clearTimeout(this.timer);
    return this.ask();
  }

  private plan(): void {
    window.clearTimeout(this.timer);
    if (this.done || !this.isConnected) return;
    const every = Math.max(1, Number(this.dataset['every'] ?? '5')) * 1000;
    const wait = this.failures > 0 ? Math.max(every, backOff(this.failures - 1)) : every;
    this.timer = window.setTimeout(() => void this.ask(), wait);
  }

  private async ask(): Promise<void> {
    if (this.done || this.flight || document.hidden) return;
    this.flight = new AbortController();
    try {
      const response = await fetchFragment(this.dataset['url'] ?? '', this.flight.signal);
      if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
      this.failures = 0;
      if (response.status === 204 || response.status >= 400) this.done = true;
      else {
        if (showFragment(this, await response.text())) {
          this.dispatchEvent(new CustomEvent('poll:change', { bubbles: true }));
        }
        this.done = response.status === 286 || this.querySelector('[data-poll-done]') !== null;
      }
      if (this.done) this.dispatchEvent(new CustomEvent('poll:done', { bubbles: true }));
    } catch {
      this.failures += 1;
    } finally {
      this.flight = null;
      this.plan();
    }
  }

  private readonly wake = (): void => {
    if (!document.hidden && !this.done) void this.refresh();
  };
}

customElements.define('lms-poll', LmsPoll);
