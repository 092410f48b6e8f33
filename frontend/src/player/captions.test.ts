import { expect, test } from 'vitest';
import { Captions } from './captions';

class Track extends EventTarget {
  mode = 'disabled';
  activeCues: { text: string }[] = [];
}

test('the active cue is shown as plain text and goes with its switch', () => {
  document.body.innerHTML = '<video></video><p hidden><span></span></p>';
  const video = document.querySelector('video')!;
  const place = document.querySelector('p')!;
  const track = new Track();
  Object.defineProperty(video, 'textTracks', { value: [track] });
  Object.defineProperty(document.createElement('track').constructor.prototype, 'track', {
    value: track,
    configurable: true,
  });
  const captions = new Captions(video, place);
  captions.add('/c.vtt', 'zh', '字幕');
  captions.add('/c.vtt', 'zh', '字幕');
  expect(video.querySelectorAll('track').length).toBe(1);
  expect(track.mode).toBe('hidden');
  track.activeCues = [{ text: '先<b>断开</b>接触器' }];
  track.dispatchEvent(new Event('cuechange'));
  expect([place.hidden, place.textContent]).toEqual([false, '先断开接触器']);
  video.dispatchEvent(new Event('webkitbeginfullscreen'));
  expect(track.mode).toBe('showing');
  captions.toggle();
  expect([track.mode, place.hidden]).toEqual(['disabled', true]);
});
