import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Beat, HeartbeatAnswer } from './beat';
import { Heartbeat } from './heartbeat';
import { MemoryStore } from './queue';

interface Sent {
  sent_boot: string;
  sent_ms: number;
  token: string;
  beats: Beat[];
}
type Answerer = (sent: Sent) => Response;

let sent: Sent[];
let answer: Answerer;
let store: MemoryStore;
let answers: HeartbeatAnswer[];
let offline: boolean[];
let refused: number[];

const ok =
  (settled: number | null): Answerer =>
  ({ beats }) =>
    Response.json({
      accepted_seq: Math.max(...beats.map((beat) => beat.seq)),
      settled_seq: settled,
      credited_seconds: null,
      pending_seconds: null,
      verdicts: null,
      prompt: null,
    });

function beat(seq: number): Beat {
  return {
    boot: 'b',
    seq,
    from_ms: seq * 1000,
    to_ms: seq * 1000 + 1000,
    from_s: seq,
    to_s: seq + 1,
    rate: 1,
    why: 'tick',
  };
}

function make(session = 's'): Heartbeat {
  return new Heartbeat({
    url: '/api/v1/heartbeats/',
    session,
    token: `t-${session}`,
    store,
    boot: () => 'b',
    wall: () => 0,
    onAnswer: (got) => answers.push(got),
    onOffline: (state) => offline.push(state),
    onRefused: (refusal) => refused.push(refusal.status),
  });
}
const seqs = (): number[][] => sent.map((item) => item.beats.map((one) => one.seq));
const kept = async (): Promise<string[]> => (await store.all()).map((row) => `${row.session}${row.beat.seq}`);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  sent = [];
  answers = [];
  offline = [];
  refused = [];
  store = new MemoryStore();
  answer = ok(null);
  vi.stubGlobal('fetch', async (_url: string, init: { body: string }) => {
    const body = JSON.parse(init.body) as Sent;
    sent.push(body);
    return answer(body);
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('a beat goes at once and stays on the phone until it is settled', async () => {
  const heart = make();
  heart.push(beat(1));
  await vi.advanceTimersByTimeAsync(0);
  expect(seqs()).toEqual([[1]]);
  expect(sent[0]?.sent_boot).toBe('b');
  expect(Number.isInteger(sent[0]?.sent_ms)).toBe(true);
  expect(await kept()).toEqual(['s1']);
  answer = ok(1);
  heart.push(beat(2));
  await vi.advanceTimersByTimeAsync(0);
  expect(seqs()).toEqual([[1], [2]]);
  expect(await kept()).toEqual(['s2']);
  expect(heart.unsettled).toBe(1);
});

test('while the video rests it asks again until all is settled, then is silent', async () => {
  const heart = make();
  heart.push(beat(1));
  await vi.advanceTimersByTimeAsync(0);
  answer = ok(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seqs()).toEqual([[1], [1]]);
  expect(await kept()).toEqual([]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(sent.length).toBe(2);
});

test('a dead server is asked with doubling pauses; afterwards everything arrives once, in order', async () => {
  answer = () => new Response('', { status: 503 });
  const heart = make();
  for (const seq of [1, 2, 3]) heart.push(beat(seq));
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent.length).toBe(2);
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent.length).toBe(3);
  await vi.advanceTimersByTimeAsync(3999);
  expect(sent.length).toBe(3);
  answer = ok(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(seqs()[3]).toEqual([1, 2, 3]);
  expect(offline).toEqual([true, true, true, false]);
  expect(await kept()).toEqual([]);
});

test('a request that hangs is given up after five seconds and sent anew with a new time', async () => {
  vi.stubGlobal('fetch', (_url: string, init: { body: string; signal: AbortSignal }) => {
    sent.push(JSON.parse(init.body) as Sent);
    if (sent.length > 1) return Promise.resolve(ok(1)(sent[1]!));
    return new Promise<Response>((_resolve, reject) => {
      init.signal.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
    });
  });
  const heart = make();
  heart.push(beat(1));
  await vi.advanceTimersByTimeAsync(4999);
  expect(sent.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1001);
  expect(seqs()).toEqual([[1], [1]]);
  expect(sent[1]!.sent_ms - sent[0]!.sent_ms).toBeGreaterThanOrEqual(5000);
  expect(offline).toEqual([true, false]);
  expect(await kept()).toEqual([]);
});

test('beats that close while a request is under way follow it', async () => {
  let release: (value: Response) => void = () => undefined;
  const slow = new Promise<Response>((resolve) => {
    release = resolve;
  });
  vi.stubGlobal('fetch', (_url: string, init: { body: string }) => {
    sent.push(JSON.parse(init.body) as Sent);
    return sent.length === 1 ? slow : Promise.resolve(ok(2)(sent[1]!));
  });
  const heart = make();
  heart.push(beat(1));
  heart.push(beat(2));
  expect(seqs()).toEqual([[1]]);
  release(ok(null)(sent[0]!));
  await vi.advanceTimersByTimeAsync(0);
  expect(seqs()).toEqual([[1], [2]]);
});

test('a stale token ends the session without a loop', async () => {
  answer = () => Response.json({ detail: 'stale' }, { status: 403 });
  const heart = make();
  heart.push(beat(1));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(sent.length).toBe(1);
  expect(refused).toEqual([403]);
  expect(await kept()).toEqual([]);
  heart.push(beat(2));
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent.length).toBe(1);
});

test('what an earlier page left behind goes with its own token and is forgotten when settled', async () => {
  for (const seq of [2, 1]) await store.add({ session: 'old', token: 't-old', beat: beat(seq), at: 0 });
  await store.add({ session: 'dead', token: 't-dead', beat: beat(7), at: 0 });
  answer = (body) => (body.token === 't-dead' ? new Response('', { status: 403 }) : ok(2)(body));
  await make().sendLeftOvers();
  expect(sent.map((item) => [item.token, item.beats.map((one) => one.seq)])).toEqual([
    ['t-old', [1, 2]],
    ['t-dead', [7]],
  ]);
  expect(await kept()).toEqual([]);
});

test('left-overs stay when the server is away', async () => {
  await store.add({ session: 'old', token: 't-old', beat: beat(1), at: 0 });
  answer = () => new Response('', { status: 502 });
  await make().sendLeftOvers();
  expect(await kept()).toEqual(['old1']);
});

test('a page that goes away says its last words by beacon as plain text', async () => {
  const beacons: Blob[] = [];
  vi.stubGlobal('navigator', {
    sendBeacon: (_url: string, blob: Blob) => {
      beacons.push(blob);
      return true;
    },
  });
  answer = () => new Response('', { status: 503 });
  const heart = make();
  heart.push(beat(1));
  await vi.advanceTimersByTimeAsync(0);
  heart.beacon();
  expect(beacons.length).toBe(1);
  expect(beacons[0]?.type).toBe('text/plain');
  expect((JSON.parse(await beacons[0]!.text()) as Sent).beats.map((one) => one.seq)).toEqual([1]);
  expect(await kept()).toEqual(['s1']);
});

test('never more than sixty beats in one body', async () => {
  answer = () => new Response('', { status: 503 });
  const heart = make();
  for (let seq = 1; seq <= 130; seq += 1) heart.push(beat(seq));
  await vi.advanceTimersByTimeAsync(0);
  answer = (body) => ok(Math.max(...body.beats.map((one) => one.seq)))(body);
  await vi.advanceTimersByTimeAsync(2000);
  expect(seqs().every((list) => list.length <= 60)).toBe(true);
  expect(seqs()[seqs().length - 1]?.[seqs()[seqs().length - 1]!.length - 1]).toBe(130);
  expect(heart.unsettled).toBe(0);
});
