import { expect, test } from 'vitest';
import { type Situation, showState, stateOf } from './counting-chip';

const still: Situation = {
  failed: false,
  elsewhere: false,
  checking: false,
  started: true,
  running: false,
  stalled: false,
  offline: false,
  capped: false,
  complete: false,
};

test('what the learner must know first is said first', () => {
  expect(stateOf({ ...still, started: false })).toBe('idle');
  expect(stateOf(still)).toBe('paused');
  expect(stateOf({ ...still, running: true })).toBe('counting');
  expect(stateOf({ ...still, running: true, offline: true })).toBe('offline');
  expect(stateOf({ ...still, running: true, capped: true })).toBe('capped');
  expect(stateOf({ ...still, running: true, complete: true, capped: true })).toBe('done');
  expect(stateOf({ ...still, stalled: true })).toBe('loading');
  expect(stateOf({ ...still, checking: true, offline: true })).toBe('waiting');
  expect(stateOf({ ...still, elsewhere: true, checking: true })).toBe('elsewhere');
  expect(stateOf({ ...still, failed: true, elsewhere: true })).toBe('failed');
});

test('the words come from the page', () => {
  document.body.innerHTML = '<p data-state="idle" data-counting="正在计入学时"><span data-words></span></p>';
  const chip = document.querySelector('p')!;
  showState(chip, 'counting');
  expect(chip.dataset['state']).toBe('counting');
  expect(chip.textContent).toBe('正在计入学时');
});
