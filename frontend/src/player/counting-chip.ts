/** Says at any time whether this minute counts. The words stand in `data-<state>` of the chip. */

export type CountingState =
  'idle' | 'counting' | 'paused' | 'waiting' | 'loading' | 'offline' | 'capped' | 'done' | 'elsewhere' | 'failed';

export interface Situation {
  failed: boolean;
  elsewhere: boolean;
  checking: boolean;
  started: boolean;
  running: boolean;
  stalled: boolean;
  offline: boolean;
  capped: boolean;
  complete: boolean;
}

/** The one state to show; the first that applies, in the order of what the learner must know first. */
export function stateOf(now: Situation): CountingState {
  if (now.failed) return 'failed';
  if (now.elsewhere) return 'elsewhere';
  if (now.checking) return 'waiting';
  if (!now.started) return 'idle';
  if (now.stalled) return 'loading';
  if (!now.running) return now.complete ? 'done' : 'paused';
  if (now.offline) return 'offline';
  if (now.complete) return 'done';
  if (now.capped) return 'capped';
  return 'counting';
}

export function showState(chip: HTMLElement, state: CountingState): void {
  if (chip.dataset['state'] === state) return;
  chip.dataset['state'] = state;
  const words = chip.querySelector('[data-words]');
  if (words) words.textContent = chip.dataset[state] ?? '';
}
