/** Puts what the server says about this lesson into the page: figures, bar, and each stretch that did not count. */
import { clockText } from '../elements/lms-countdown';
import type { Progress } from './beat';
import { drawBar, listRefusals, periodsText } from './coverage';

export interface Manner {
  /** Seconds of one period. */
  period: number;
  complete: boolean;
  /** "Credited {credited} of {total}", the bar's words. */
  coverage: string;
}

export function showFigures(root: ParentNode, progress: Progress, manner: Manner): void {
  const text = (name: string, words: string): void => {
    for (const place of root.querySelectorAll(`[data-figure="${name}"]`)) place.textContent = words;
  };
  text('credited', clockText(progress.credited_seconds));
  text('unit', clockText(progress.unit_seconds));
  text('pending', clockText(progress.pending_seconds));
  if (progress.today_left_seconds !== null) text('today', periodsText(progress.today_left_seconds, manner.period));
  for (const mode of progress.modes) text(mode.mode, periodsText(mode.credited_seconds, manner.period));
  for (const place of root.querySelectorAll<HTMLElement>('[data-if-complete]')) place.hidden = !manner.complete;
  for (const place of root.querySelectorAll<HTMLElement>('[data-if-pending]'))
    place.hidden = progress.pending_seconds < 1;
  for (const place of root.querySelectorAll<HTMLElement>('[data-if-unconfirmed]'))
    place.hidden = !(progress.unconfirmed_seconds >= 1);
  const bar = root.querySelector('[data-coverage]');
  if (bar) drawBar(bar, progress, progress.unit_seconds, progress.credited_seconds, manner.coverage);
  const list = root.querySelector('[data-refusals]');
  const row = root.querySelector('template[data-refusal]');
  if (list && row instanceof HTMLTemplateElement) listRefusals(list, row, progress);
}
