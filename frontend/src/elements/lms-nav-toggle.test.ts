import { afterEach, beforeEach, expect, test } from 'vitest';
import './lms-nav-toggle';

beforeEach(() => {
  document.body.innerHTML = `<aside id="side"><a href="/a">a</a><a href="/b" aria-current="page">b</a></aside><main>m</main>
    <lms-nav-toggle><button aria-controls="side" aria-expanded="false">menu</button></lms-nav-toggle>`;
});
afterEach(() => {
  document.body.innerHTML = '';
  document.documentElement.className = '';
});
const open = (): boolean => document.documentElement.classList.contains('nav-open');

test('opens to the current page, closes by Esc and gives focus back', () => {
  const button = document.querySelector('button')!;
  button.click();
  expect(open()).toBe(true);
  expect(button.getAttribute('aria-expanded')).toBe('true');
  expect(document.activeElement?.textContent).toBe('b');
  document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
  expect(open()).toBe(false);
  expect(document.activeElement).toBe(button);
});

test('a touch beside it closes it', () => {
  document.querySelector('button')!.click();
  document.querySelector('main')!.click();
  expect(open()).toBe(false);
  expect(document.querySelector('button')?.getAttribute('aria-expanded')).toBe('false');
});
