/**
 * "Still learning?": pause first, then ask in a sheet below the picture (in-app browsers may lay the video over everything).
 * One button, the seconds left, and the words that nothing already credited is lost. Missing it loses only what came after the
 * last proof; the learner may go on at any time.
 */
import { LmsSheet } from '../elements/lms-sheet';
import { postJson, worthRetry } from '../net';
import type { Prompt } from './beat';

const RETRY_MS = 2000;

export class PresenceCheck {
  private current: { id: string; ends: number } | null = null;

  constructor(
    private readonly sheet: LmsSheet,
    private readonly address: (check: string) => string,
    private readonly onDone: (passed: boolean) => void,
  ) {
    sheet.setAttribute('data-locked', '');
    sheet.querySelector('[data-present]')?.addEventListener('click', () => void this.answer());
    sheet.addEventListener('countdown:end', () => this.miss());
    sheet.addEventListener('sheet:close', (event) => {
      if ((event as CustomEvent<{ reason: string }>).detail.reason === 'resume') this.finish(false);
    });
  }

  get isAsking(): boolean {
    return this.current !== null;
  }

  ask(prompt: Prompt): void {
    const id = prompt.id ?? '';
    if (id === '' || this.current) return;
    const seconds = Math.max(1, prompt.deadline_s ?? 60);
    this.current = { id, ends: performance.now() + seconds * 1000 };
    this.part('open', true);
    this.part('missed', false);
    this.trouble('');
    this.sheet.querySelector('lms-countdown')?.setAttribute('data-seconds', String(seconds));
    this.sheet.show();
  }

  private async answer(): Promise<void> {
    const check = this.current;
    const button = this.sheet.querySelector('[data-present]');
    if (!check || button?.getAttribute('aria-busy') === 'true') return;
    button?.setAttribute('aria-busy', 'true');
    this.trouble('');
    try {
      await this.send(check);
      if (this.current === check) this.finish(true);
    } catch (error) {
      if (this.current === check) this.trouble(error instanceof Error ? error.message : '');
      if (!worthRetry(error)) this.miss();
    } finally {
      button?.removeAttribute('aria-busy');
    }
  }

  /** Tries until the deadline: a tap on a shaky network must not be lost. */
  private async send(check: { id: string; ends: number }): Promise<void> {
    for (;;) {
      try {
        await postJson(this.address(check.id), {});
        return;
      } catch (error) {
        if (!worthRetry(error) || performance.now() + RETRY_MS > check.ends) throw error;
        this.trouble(this.sheet.dataset['offline'] ?? '');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private miss(): void {
    if (!this.current) return;
    this.part('open', false);
    this.part('missed', true);
    this.sheet.querySelector<HTMLElement>('[data-close="resume"]')?.focus();
  }

  private finish(passed: boolean): void {
    if (!this.current) return;
    this.current = null;
    this.sheet.close('done');
    this.onDone(passed);
  }

  private part(name: string, visible: boolean): void {
    for (const part of this.sheet.querySelectorAll<HTMLElement>(`[data-check="${name}"]`)) part.hidden = !visible;
  }

  private trouble(text: string): void {
    const place = this.sheet.querySelector<HTMLElement>('[data-trouble]');
    if (!place) return;
    place.hidden = text === '';
    place.textContent = text;
  }
}
