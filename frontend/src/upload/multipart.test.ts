import { beforeEach, expect, test, vi } from 'vitest';
import { Refusal } from '../net';
import { type DonePart, MultipartUpload, PARALLEL, Stopped, type UploadDoor } from './multipart';

let server: { parts: Map<number, string>; completed: DonePart[][]; signed: number[][]; open: number; most: number };
let refuse: (number: number, attempt: number) => number;
let attempts: Map<number, number>;
let sleeps: number[];
let progress: number[];
let waiting: number[];

beforeEach(() => {
  server = { parts: new Map(), completed: [], signed: [], open: 0, most: 0 };
  refuse = () => 0;
  attempts = new Map();
  sleeps = [];
  progress = [];
  waiting = [];
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

const door: UploadDoor = {
  open: async () => ({
    upload: 'u',
    part_size: 10,
    parts_done: [...server.parts].map(([number, etag]) => ({ number, etag })),
  }),
  sign: async (_upload, numbers) => {
    server.signed.push(numbers);
    return new Map(numbers.map((number) => [number, `https://s.test/${number}`]));
  },
  complete: async (_upload, parts) => {
    server.completed.push(parts);
    return { media: 'm' };
  },
  abandon: async () => {
    server.parts.clear();
  },
  put: async (url, part, onSent, signal) => {
    const number = Number(url.split('/').pop());
    server.open += 1;
    server.most = Math.max(server.most, server.open);
    const attempt = (attempts.get(number) ?? 0) + 1;
    attempts.set(number, attempt);
    await new Promise((resolve) => setTimeout(resolve, 1));
    server.open -= 1;
    if (signal.aborted) throw new TypeError('aborted');
    const status = refuse(number, attempt);
    if (status) throw new Refusal(status, String(status));
    onSent(part.size);
    const etag = `e${number}`;
    server.parts.set(number, etag);
    return etag;
  },
};

function make(bytes: number): MultipartUpload {
  return new MultipartUpload(
    new File([new Uint8Array(bytes)], 'a.mp4'),
    door,
    {
      onProgress: (sent, _total, seconds) => {
        progress.push(sent);
        if (seconds) waiting.push(seconds);
      },
    },
    async (ms) => {
      sleeps.push(ms);
    },
  );
}

test('a file goes in parts, three at a time, and is completed in order', async () => {
  expect(await make(95).run()).toEqual({ media: 'm' });
  expect(server.most).toBe(PARALLEL);
  expect(server.completed).toEqual([Array.from({ length: 10 }, (_, i) => ({ number: i + 1, etag: `e${i + 1}` }))]);
  expect(progress[progress.length - 1]).toBe(95);
  expect(server.signed.length).toBeLessThan(5);
});

test('what has arrived before is not sent again', async () => {
  server.parts = new Map([
    [1, 'e1'],
    [3, 'e3'],
  ]);
  await make(40).run();
  expect([...attempts.keys()].sort()).toEqual([2, 4]);
  expect(server.completed[0]?.map((part) => part.number)).toEqual([1, 2, 3, 4]);
});

test('a failing store is asked again after 6, 12 and 24 seconds', async () => {
  refuse = (number, attempt) => (number === 2 && attempt <= 3 ? 500 : 0);
  await make(25).run();
  expect(sleeps).toEqual([6000, 12_000, 24_000]);
  expect(waiting).toEqual([6, 12, 24]);
  expect(attempts.get(2)).toBe(4);
});

test('an expired address is signed anew', async () => {
  refuse = (number, attempt) => (number === 1 && attempt === 1 ? 403 : 0);
  await make(10).run();
  expect(server.signed).toEqual([[1], [1]]);
});

test('a refusal that waiting does not heal ends it with the words of the store', async () => {
  refuse = () => 400;
  await expect(make(25).run()).rejects.toMatchObject({ status: 400 });
  expect(server.completed).toEqual([]);
  expect(sleeps).toEqual([]);
});

test('a pause stops, going on finishes the rest only', async () => {
  const upload = make(100);
  const first = upload.run();
  await new Promise((resolve) => setTimeout(resolve, 1));
  upload.pause();
  await expect(first).rejects.toBeInstanceOf(Stopped);
  const before = new Set(server.parts.keys());
  expect(before.size).toBeLessThan(10);
  attempts.clear();
  await upload.run();
  expect([...attempts.keys()].some((number) => before.has(number))).toBe(false);
  expect(server.completed.length).toBe(1);
});

test('an empty file is one part', async () => {
  await make(0).run();
  expect(server.completed[0]?.length).toBe(1);
});
