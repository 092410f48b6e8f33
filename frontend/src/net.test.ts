import { afterEach, expect, test, vi } from 'vitest';
import { Refusal, backOff, fetchJson, postJson, worthRetry } from './net';

afterEach(() => {
  vi.unstubAllGlobals();
  document.head.innerHTML = '';
});

test('a refusal carries the words of the problem document', async () => {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response(JSON.stringify({ title: 'No', detail: 'Too large: 5 GB at most' }), { status: 413 })),
  );
  const error = await fetchJson('/x').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Refusal);
  expect((error as Refusal).status).toBe(413);
  expect((error as Refusal).message).toBe('Too large: 5 GB at most');
});

test('a broken answer of a failing server is still a refusal', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 502 })));
  await expect(fetchJson('/x')).rejects.toMatchObject({ status: 502, message: '502' });
});

test('post sends the token of the page', async () => {
  document.head.innerHTML = '<meta name="csrf-token" content="abc">';
  const calls: RequestInit[] = [];
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
    calls.push(init);
    return Promise.resolve(new Response('{"a":1}'));
  });
  expect(await postJson('/x', { b: 2 })).toEqual({ a: 1 });
  expect(calls[0]?.body).toBe('{"b":2}');
  expect((calls[0]?.headers as Record<string, string>)['X-CSRFToken']).toBe('abc');
});

test('only what may pass by itself is worth a retry', () => {
  expect(worthRetry(new TypeError('offline'))).toBe(true);
  expect(worthRetry(new Refusal(503, ''))).toBe(true);
  expect(worthRetry(new Refusal(429, ''))).toBe(true);
  expect(worthRetry(new Refusal(403, ''))).toBe(false);
});

test('back-off doubles, jitters by a quarter and never passes the cap', () => {
  expect(backOff(0, 1000, 60_000, () => 0.5)).toBe(1000);
  expect(backOff(3, 1000, 60_000, () => 0.5)).toBe(8000);
  expect(backOff(3, 1000, 60_000, () => 0)).toBe(6000);
  expect(backOff(99, 1000, 60_000, () => 1)).toBe(60_000);
});
