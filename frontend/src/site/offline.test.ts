import { expect, test, vi } from 'vitest';
import { watchNetwork } from './offline';

test('the strip follows the network', () => {
  document.body.innerHTML = '<p id="offline" hidden>no network</p>';
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(true);
  watchNetwork(document);
  const strip = document.getElementById('offline')!;
  expect(strip.hidden).toBe(true);
  online.mockReturnValue(false);
  window.dispatchEvent(new Event('offline'));
  expect(strip.hidden).toBe(false);
  online.mockReturnValue(true);
  window.dispatchEvent(new Event('online'));
  expect(strip.hidden).toBe(true);
});
