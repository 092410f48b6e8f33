import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import './lms-scan';

let stopped = 0;
let codes: string[];

beforeEach(() => {
  vi.useFakeTimers();
  stopped = 0;
  codes = [];
  class Reader {
    static getSupportedFormats = async (): Promise<string[]> => ['qr_code'];
    detect = async (): Promise<{ rawValue: string }[]> => codes.splice(0, 1).map((rawValue) => ({ rawValue }));
  }
  vi.stubGlobal('BarcodeDetector', Reader);
  HTMLVideoElement.prototype.play = async () => undefined;
  Object.defineProperty(HTMLVideoElement.prototype, 'srcObject', { value: null, writable: true, configurable: true });
  Object.defineProperty(HTMLVideoElement.prototype, 'readyState', { value: 4, configurable: true });
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'mediaDevices');
});

function camera(open: () => Promise<unknown>): void {
  Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: open }, configurable: true });
}
function page(): HTMLElement {
  document.body.innerHTML = `<lms-scan data-path="/practice/scan/" data-strings-no-camera="no camera" data-strings-refused="refused"
    data-strings-aim="aim" data-strings-foreign="not ours" data-strings-found="found"><video></video><p data-words></p>
    <button data-camera>open</button><button data-torch hidden>torch</button></lms-scan>`;
  return document.querySelector<HTMLElement>('lms-scan')!;
}
const words = (): string => document.querySelector('[data-words]')?.textContent ?? '';
const stream = {
  getTracks: () => [{ stop: () => (stopped += 1) }],
  getVideoTracks: () => [{ getCapabilities: () => ({ torch: true }) }],
};

test('a foreign code is named, ours is followed and the camera goes off', async () => {
  camera(async () => stream);
  Object.defineProperty(navigator, 'permissions', {
    value: { query: async () => ({ state: 'prompt' }) },
    configurable: true,
  });
  const element = page();
  const found: unknown[] = [];
  element.addEventListener('scan:found', (event) => {
    event.preventDefault();
    found.push((event as CustomEvent).detail);
  });
  codes = ['https://evil.test/x', `${location.origin}/practice/scan/?c=k7`];
  document.querySelector<HTMLElement>('[data-camera]')!.click();
  await vi.advanceTimersByTimeAsync(50);
  expect(words()).toBe('aim');
  expect(document.querySelector('[data-torch]')?.hasAttribute('hidden')).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(words()).toBe('not ours');
  await vi.advanceTimersByTimeAsync(200);
  expect(found).toEqual([{ address: '/practice/scan/?c=k7' }]);
  expect(stopped).toBe(1);
  expect(words()).toBe('found');
});

test('a refused camera points to the digits', async () => {
  camera(() => Promise.reject(new DOMException('no', 'NotAllowedError')));
  page();
  document.querySelector<HTMLElement>('[data-camera]')!.click();
  await vi.advanceTimersByTimeAsync(10);
  expect(words()).toBe('refused');
});

test('a phone without a camera interface says so at once', async () => {
  Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true });
  page();
  await Promise.resolve();
  expect(words()).toBe('no camera');
});
