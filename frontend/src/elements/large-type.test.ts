import { afterEach, expect, test, vi } from 'vitest';
import './large-type';

afterEach(() => {
  document.body.innerHTML = '';
  document.documentElement.className = '';
  vi.unstubAllGlobals();
});

test('one tap enlarges, remembers and tells the account; the next tap takes it back', () => {
  const sent: string[] = [];
  vi.stubGlobal('fetch', (url: string, init: { body: URLSearchParams }) => {
    sent.push(`${url} ${init.body.toString()}`);
    return Promise.reject(new TypeError('offline'));
  });
  document.body.innerHTML =
    '<large-type><form method="post" action="/save/"><button aria-pressed="false">A</button></form></large-type>';
  const button = document.querySelector('button')!;
  button.click();
  expect(document.documentElement.classList.contains('large-type')).toBe(true);
  expect(button.getAttribute('aria-pressed')).toBe('true');
  expect(document.cookie).toContain('large_type=1');
  button.click();
  expect(document.documentElement.classList.contains('large-type')).toBe(false);
  expect(document.cookie).toContain('large_type=0');
  expect(sent).toEqual(['/save/ large=1', '/save/ large=0']);
});
