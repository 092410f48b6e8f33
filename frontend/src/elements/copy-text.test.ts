import { afterEach, expect, test, vi } from 'vitest';
import './copy-text';

afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
});

test('copies the text, says so for two seconds, then shows its label again', async () => {
  vi.useFakeTimers();
  const copied: string[] = [];
  vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(async (text) => {
    copied.push(text);
  });
  document.body.innerHTML =
    '<copy-text data-text="8F2C-41D9" data-done="Copied"><button><span>Copy</span></button></copy-text>';
  document.querySelector('button')!.click();
  await vi.advanceTimersByTimeAsync(1);
  expect(copied).toEqual(['8F2C-41D9']);
  expect(document.querySelector('span')?.textContent).toBe('Copied');
  await vi.advanceTimersByTimeAsync(2000);
  expect(document.querySelector('span')?.textContent).toBe('Copy');
});
