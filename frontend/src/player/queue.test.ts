import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import type { Beat } from './beat';
import { type BeatStore, DiskStore, MemoryStore, type StoredBeat, openStore } from './queue';

function row(session: string, seq: number, at = 0): StoredBeat {
  const beat: Beat = { boot: 'b', seq, from_ms: 0, to_ms: 1000, from_s: 0, to_s: 1, rate: 1, why: 'tick' };
  return { session, token: `t-${session}`, beat, at };
}
const names = (rows: StoredBeat[]): string[] => rows.map((item) => `${item.session}${item.beat.seq}`).sort();

const stores: [string, () => Promise<BeatStore>][] = [
  ['memory', () => Promise.resolve(new MemoryStore())],
  ['disk', () => DiskStore.open(`test-${Math.random()}`)],
];

test.each(stores)('%s: the same beat is kept once and settled beats go', async (_name, open) => {
  const store = await open();
  for (const seq of [1, 2, 3, 3]) await store.add(row('a', seq));
  await store.add(row('b', 1));
  expect(names(await store.all())).toEqual(['a1', 'a2', 'a3', 'b1']);
  await store.settle('a', 2);
  expect(names(await store.all())).toEqual(['a3', 'b1']);
  await store.drop('a');
  expect(names(await store.all())).toEqual(['b1']);
});

test('beats survive the page; those older than three days do not', async () => {
  const first = await openStore();
  await first.add(row('old', 1, Date.now() - 4 * 24 * 3600 * 1000));
  await first.add(row('new', 1, Date.now()));
  expect(names(await (await openStore()).all())).toEqual(['new1']);
});
