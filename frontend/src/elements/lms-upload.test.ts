import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LmsUpload, sizeText } from './lms-upload';

let posts: [string, unknown][];

class Xhr {
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload: () => void = () => undefined;
  status = 200;
  getResponseHeader = (): string => '"etag"';
  open = (): void => undefined;
  abort = (): void => undefined;
  send(part: Blob): void {
    this.upload.onprogress?.({ loaded: part.size });
    setTimeout(() => this.onload(), 0);
  }
}

beforeEach(() => {
  posts = [];
  vi.stubGlobal('XMLHttpRequest', Xhr);
  vi.stubGlobal('fetch', (url: string, init: { body: string }) => {
    posts.push([url, JSON.parse(init.body)]);
    if (url.endsWith('/parts/'))
      return Promise.resolve(Response.json({ urls: [{ number: 1, url: 'https://s.test/1' }] }));
    if (url.endsWith('/complete/')) return Promise.resolve(Response.json({ media: 'm1' }, { status: 202 }));
    return Promise.resolve(Response.json({ upload: 'u1', part_size: 100, parts_done: [] }, { status: 201 }));
  });
  document.body.innerHTML = `<lms-upload data-url="/up/" data-organisation="4" data-most="1000" data-strings-too-large="at most {most}">
    <div data-phase="pick"><input type="file"></div><div data-phase="run rest" hidden><b data-name></b><p data-told></p><progress max="100"></progress>
    <span data-figures></span></div><p data-phase="done" hidden>done</p><p data-trouble hidden></p></lms-upload>`;
});
afterEach(() => {
  document.body.innerHTML = '';
  vi.unstubAllGlobals();
});

function pick(bytes: number): void {
  const input = document.querySelector('input')!;
  const file = new File([new Uint8Array(bytes)], '第9讲.mp4', { type: 'video/mp4', lastModified: 5 });
  Object.defineProperty(input, 'files', { value: [file], configurable: true });
  input.dispatchEvent(new Event('change', { bubbles: true }));
}
const shown = (phase: string): boolean => !document.querySelector<HTMLElement>(`[data-phase="${phase}"]`)!.hidden;

test('a picked file goes up and the page hears of it', async () => {
  const done = new Promise((resolve) =>
    document
      .querySelector('lms-upload')!
      .addEventListener('upload:done', (event) => resolve((event as CustomEvent).detail)),
  );
  pick(50);
  expect(shown('run rest')).toBe(true);
  expect(await done).toEqual({ media: 'm1' });
  expect(posts).toEqual([
    ['/up/', { name: '第9讲.mp4', size: 50, content_type: 'video/mp4', modified_ms: 5, organisation: 4 }],
    ['/up/u1/parts/', { numbers: [1] }],
    ['/up/u1/complete/', { parts: [{ number: 1, etag: 'etag' }] }],
  ]);
  expect(shown('done')).toBe(true);
  expect(document.querySelector('progress')?.value).toBe(100);
  expect(document.querySelector('[data-told]')?.textContent).toBe('100%');
});

test('a file that is too large never leaves', () => {
  pick(2000);
  expect(posts).toEqual([]);
  expect(document.querySelector('[data-trouble]')?.textContent).toBe('at most 1 KB');
});

test('the words of a refusal are shown', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ detail: 'Only video files' }, { status: 422 })));
  pick(50);
  await vi.waitFor(() => expect(document.querySelector('[data-trouble]')?.textContent).toBe('Only video files'));
  expect(document.querySelector('lms-upload')).toBeInstanceOf(LmsUpload);
});

test('sizes read well', () => {
  expect([0, 1, 2048, 13_002_342, 3 * 1024 ** 3].map(sizeText)).toEqual(['0 KB', '1 KB', '2 KB', '12.4 MB', '3.00 GB']);
});
