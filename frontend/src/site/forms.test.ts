import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { guardForms } from './forms';

guardForms(document);
let sent = 0;
const count = (event: Event): void => {
  sent += 1;
  event.preventDefault();
};

beforeEach(() => {
  vi.useFakeTimers();
  sent = 0;
  document.body.innerHTML = '<form hx-post="/x"><button>ok</button></form>';
  document.querySelector('form')!.addEventListener('submit', count);
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
});
async function submit(): Promise<boolean> {
  const event = new Event('submit', { bubbles: true, cancelable: true });
  document.querySelector('form')!.dispatchEvent(event);
  await vi.advanceTimersByTimeAsync(0);
  return event.defaultPrevented;
}
const busy = (): string | null | undefined => document.querySelector('button')?.getAttribute('aria-busy');

test('the button is busy until the answer is there', async () => {
  await submit();
  expect(busy()).toBe('true');
  document.querySelector('form')!.dispatchEvent(new CustomEvent('htmx:finally:request', { bubbles: true }));
  expect(busy()).toBeNull();
});

test('a second submit while one is under way is dropped', async () => {
  document.querySelector('form')!.removeAttribute('hx-post');
  document.querySelector('form')!.removeEventListener('submit', count);
  expect(await submit()).toBe(false);
  expect(await submit()).toBe(true);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(busy()).toBeNull();
  expect(await submit()).toBe(false);
});

test('a submit that a script refused leaves the form free', async () => {
  document.querySelector('form')!.removeAttribute('hx-post');
  await submit();
  expect(sent).toBe(1);
  expect(busy()).toBeNull();
});
