import { expect, test, vi } from 'vitest';
import { say, tendToasts } from './toasts';

test('good news goes by itself, an error waits for its reader', () => {
  vi.useFakeTimers();
  document.body.innerHTML = `<div id="toasts"><div data-toast class="text-ok"><p>a</p></div>
    <div data-toast class="text-bad"><p>b</p><button data-toast-close>x</button></div></div>`;
  tendToasts(document);
  say('c');
  vi.advanceTimersByTime(8000);
  expect([...document.querySelectorAll('[data-toast] p')].map((item) => item.textContent)).toEqual(['b']);
  document.querySelector('button')!.click();
  expect(document.querySelectorAll('[data-toast]').length).toBe(0);
  vi.useRealTimers();
});
