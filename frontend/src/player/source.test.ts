import { expect, test } from 'vitest';
import { SignedAddresses, addressesIn, playsHlsItself } from './source';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.40';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.1 Safari/605.1.15';
const CHROME =
  'Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/92.0 Mobile Safari/537.36';
const video = { canPlayType: () => 'maybe' } as unknown as HTMLVideoElement;

test('only Apple plays HLS itself, whatever Chromium says', () => {
  expect(playsHlsItself(video, IPHONE)).toBe(true);
  expect(playsHlsItself(video, SAFARI)).toBe(true);
  expect(playsHlsItself(video, CHROME)).toBe(false);
  expect(playsHlsItself({ canPlayType: () => '' } as unknown as HTMLVideoElement, IPHONE)).toBe(false);
});

const list = 'https://a.test/api/playback/t/signed/360p/index.m3u8';
const playlist = (stamp: number): string =>
  `#EXTM3U\n#EXT-X-MAP:URI="https://s.test/b/360p/init.mp4?sig=${stamp}"\n#EXTINF:4,\nhttps://s.test/b/360p/0.m4s?sig=${stamp}\n`;

test('a playlist names its segments and its init file', () => {
  expect(addressesIn('#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:4,\n0.m4s\n\n#EXT-X-ENDLIST', list)).toEqual([
    'https://a.test/api/playback/t/signed/360p/init.mp4',
    'https://a.test/api/playback/t/signed/360p/0.m4s',
  ]);
});

test('old signatures are replaced once by reading the list again', async () => {
  let now = 0;
  const reads: string[] = [];
  const signed = new SignedAddresses(
    () => now,
    (url) => {
      reads.push(url);
      return Promise.resolve(playlist(2));
    },
  );
  signed.learn(list, addressesIn(playlist(1), list));
  expect(await signed.fresh('https://s.test/b/360p/0.m4s?sig=1')).toBe('https://s.test/b/360p/0.m4s?sig=1');
  now = 9 * 60_000;
  const both = await Promise.all([
    signed.fresh('https://s.test/b/360p/0.m4s?sig=1'),
    signed.fresh('https://s.test/b/360p/init.mp4?sig=1'),
  ]);
  expect(both).toEqual(['https://s.test/b/360p/0.m4s?sig=2', 'https://s.test/b/360p/init.mp4?sig=2']);
  expect(reads).toEqual([list]);
  expect(await signed.fresh('https://other.test/x')).toBe('https://other.test/x');
});

test('a refused address is not used again', async () => {
  const signed = new SignedAddresses(
    () => 1,
    () => Promise.resolve(playlist(3)),
  );
  signed.learn(list, addressesIn(playlist(1), list));
  signed.distrust('https://s.test/b/360p/0.m4s?sig=1');
  expect(await signed.fresh('https://s.test/b/360p/0.m4s?sig=1')).toBe('https://s.test/b/360p/0.m4s?sig=3');
});
