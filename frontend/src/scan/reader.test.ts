import { afterEach, expect, test, vi } from 'vitest';
import { ownAddress, ownReader } from './reader';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('only a code of this site and this page is followed', () => {
  const origin = 'https://zp.test';
  const path = '/practice/scan/';
  expect(ownAddress('https://zp.test/practice/scan/?c=abc', origin, path)).toBe('/practice/scan/?c=abc');
  expect(ownAddress('/practice/scan/?c=abc', origin, path)).toBe('/practice/scan/?c=abc');
  expect(ownAddress('https://evil.test/practice/scan/?c=abc', origin, path)).toBeNull();
  expect(ownAddress('https://zp.test/accounts/logout/', origin, path)).toBeNull();
  expect(ownAddress('javascript:alert(1)', origin, path)).toBeNull();
  expect(ownAddress('WIFI:S:x;;', origin, path)).toBeNull();
  expect(ownAddress('http://', origin, path)).toBeNull();
});

test('a browser that has the class but reads nothing is not trusted', async () => {
  expect(await ownReader()).toBeNull();
  vi.stubGlobal('BarcodeDetector', { getSupportedFormats: async () => [] });
  expect(await ownReader()).toBeNull();
  class Real {
    static getSupportedFormats = async (): Promise<string[]> => ['qr_code'];
    detect = async (): Promise<{ rawValue: string }[]> => [{ rawValue: 'x' }];
  }
  vi.stubGlobal('BarcodeDetector', Real);
  expect(await (await ownReader())?.(document.createElement('video'))).toBe('x');
});
