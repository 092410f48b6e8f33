/**
 * Beats that the server has not settled yet, kept on the phone (IndexedDB) so that a closed tab or a dead network loses
 * nothing. Without IndexedDB (private windows) they live as long as the page.
 */
import type { Beat } from './beat';

export interface StoredBeat {
  session: string;
  token: string;
  beat: Beat;
  /** When it was put here, by the wall clock of the phone: only for tidying up. */
  at: number;
}

export interface BeatStore {
  add(row: StoredBeat): Promise<void>;
  all(): Promise<StoredBeat[]>;
  /** Forgets the beats of `session` up to `seq`. */
  settle(session: string, seq: number): Promise<void>;
  drop(session: string): Promise<void>;
}

const KEEP_MS = 3 * 24 * 3600 * 1000;

export class MemoryStore implements BeatStore {
  private rows: StoredBeat[] = [];

  add(row: StoredBeat): Promise<void> {
    this.rows = [...this.rows.filter((old) => key(old) !== key(row)), row];
    return Promise.resolve();
  }
  all(): Promise<StoredBeat[]> {
    return Promise.resolve([...this.rows]);
  }
  settle(session: string, seq: number): Promise<void> {
    this.rows = this.rows.filter((row) => row.session !== session || row.beat.seq > seq);
    return Promise.resolve();
  }
  drop(session: string): Promise<void> {
    this.rows = this.rows.filter((row) => row.session !== session);
    return Promise.resolve();
  }
}

function key(row: StoredBeat): string {
  return `${row.session} ${row.beat.boot} ${row.beat.seq}`;
}

export class DiskStore implements BeatStore {
  private constructor(private readonly db: IDBDatabase) {}

  static open(name = 'zp-beats'): Promise<DiskStore> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore('beats', { keyPath: ['session', 'beat.boot', 'beat.seq'] });
      };
      request.onsuccess = () => resolve(new DiskStore(request.result));
      request.onerror = () => reject(failure(request.error));
      request.onblocked = () => reject(failure(null));
    });
  }

  add(row: StoredBeat): Promise<void> {
    return this.change((store) => store.put(row));
  }

  all(): Promise<StoredBeat[]> {
    return new Promise((resolve, reject) => {
      const request = this.db.transaction('beats', 'readonly').objectStore('beats').getAll();
      request.onsuccess = () => resolve(request.result as StoredBeat[]);
      request.onerror = () => reject(failure(request.error));
    });
  }

  settle(session: string, seq: number): Promise<void> {
    return this.removeWhere((row) => row.session === session && row.beat.seq <= seq);
  }

  drop(session: string): Promise<void> {
    return this.removeWhere((row) => row.session === session);
  }

  /** Forgets what is too old for any server to take. */
  tidy(now: number): Promise<void> {
    return this.removeWhere((row) => now - row.at > KEEP_MS);
  }

  private removeWhere(test: (row: StoredBeat) => boolean): Promise<void> {
    return this.change((store) => {
      const request = store.openCursor();
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return;
        if (test(cursor.value as StoredBeat)) cursor.delete();
        cursor.continue();
      };
    });
  }

  private change(work: (store: IDBObjectStore) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.db.transaction('beats', 'readwrite');
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(failure(transaction.error));
      transaction.onabort = () => reject(failure(transaction.error));
      work(transaction.objectStore('beats'));
    });
  }
}

function failure(error: DOMException | null): Error {
  return error ?? new Error('no storage');
}

export async function openStore(): Promise<BeatStore> {
  try {
    const store = await DiskStore.open();
    await store.tidy(Date.now());
    return store;
  } catch {
    return new MemoryStore();
  }
}
