import { afterEach, beforeEach, expect, test } from 'vitest';
import { LmsSheet, openSheetsByButton } from './lms-sheet';

openSheetsByButton(document);

beforeEach(() => {
  document.body.innerHTML = `
    <header id="head"><a href="/">home</a></header>
    <main id="main"><button id="opener" data-sheet="s">open</button>
      <lms-sheet id="s"><div class="sheet-veil" data-close></div>
        <section class="sheet" role="dialog" aria-modal="true"><button id="a">a</button><button id="b" data-close="later">b</button></section>
      </lms-sheet><p id="beside">x</p></main>
    <div id="toasts"></div>`;
});
afterEach(() => {
  document.body.innerHTML = '';
});

const sheet = (): LmsSheet => document.querySelector<LmsSheet>('#s')!;
const key = (name: string, shiftKey = false): boolean =>
  (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent('keydown', { key: name, shiftKey, bubbles: true, cancelable: true }),
  );

test('opening stills everything beside the sheet and focuses its first control', () => {
  document.getElementById('opener')!.focus();
  document.getElementById('opener')!.click();
  expect(sheet().isOpen).toBe(true);
  expect(document.activeElement?.id).toBe('a');
  for (const id of ['head', 'opener', 'beside']) expect(document.getElementById(id)?.hasAttribute('inert')).toBe(true);
  expect(document.getElementById('toasts')?.hasAttribute('inert')).toBe(false);
  expect(sheet().hasAttribute('inert')).toBe(false);
});

test('Tab stays inside in both directions', () => {
  sheet().show();
  document.getElementById('b')!.focus();
  expect(key('Tab')).toBe(false);
  expect(document.activeElement?.id).toBe('a');
  expect(key('Tab', true)).toBe(false);
  expect(document.activeElement?.id).toBe('b');
});

test('Esc closes, gives focus back and wakes the page', () => {
  document.getElementById('opener')!.focus();
  sheet().show();
  key('Escape');
  expect(sheet().isOpen).toBe(false);
  expect(document.activeElement?.id).toBe('opener');
  expect(document.querySelectorAll('[inert], [aria-hidden]').length).toBe(0);
});

test('a locked sheet ignores Esc and the veil but not its own button', () => {
  sheet().setAttribute('data-locked', '');
  sheet().show();
  key('Escape');
  document.querySelector<HTMLElement>('.sheet-veil')!.click();
  expect(sheet().isOpen).toBe(true);
  const reasons: unknown[] = [];
  sheet().addEventListener('sheet:close', (event) => reasons.push((event as CustomEvent).detail));
  document.getElementById('b')!.click();
  expect(sheet().isOpen).toBe(false);
  expect(reasons).toEqual([{ reason: 'later' }]);
});

test('taking an open sheet out of the page wakes the page', () => {
  sheet().show();
  sheet().remove();
  expect(document.querySelectorAll('[inert]').length).toBe(0);
});
