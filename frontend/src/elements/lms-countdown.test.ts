import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LmsCountdown, clockText } from './lms-countdown';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
});

function make(attributes: string): LmsCountdown {
  document.body.innerHTML = `<lms-countdown ${attributes}><b data-left></b><svg><path data-ring></path></svg></lms-countdown>`;
  return document.querySelector('lms-countdown')!;
}

test('counts whole seconds down, moves the ring and tells the end once', async () => {
  const element = make('data-seconds="60"');
  const ends: Event[] = [];
  element.addEventListener('countdown:end', (event) => ends.push(event));
  await Promise.resolve();
  expect(element.querySelector('b')?.textContent).toBe('60');
  vi.advanceTimersByTime(15_050);
  expect(element.querySelector('b')?.textContent).toBe('45');
  expect(element.querySelector('path')?.getAttribute('stroke-dasharray')).toBe('75 100');
  vi.advanceTimersByTime(120_000);
  expect(element.querySelector('b')?.textContent).toBe('0');
  expect(ends.length).toBe(1);
});

test('a change of the phone clock changes nothing', () => {
  const element = make('data-seconds="60"');
  vi.setSystemTime(new Date(Date.now() + 3_600_000));
  vi.advanceTimersByTime(1000);
  expect(element.left).toBe(59);
});

test('new seconds start it again', () => {
  const element = make('data-seconds="5" data-format="clock"');
  vi.advanceTimersByTime(6000);
  element.setAttribute('data-seconds', '90');
  expect(element.querySelector('b')?.textContent).toBe('1:30');
});

test('clock text', () => {
  expect([0, 7, 187, 3725].map(clockText)).toEqual(['0:00', '0:07', '3:07', '1:02:05']);
});
