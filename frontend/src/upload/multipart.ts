/**
 * Carries one file to the store in parts that go straight there by signed addresses, three at a time.
 *
 * The server knows which parts have arrived, so a reload, a closed laptop or a dead network costs at most the parts that were
 * on their way: pick the same file again and it goes on. A failing store is asked again after 6 s, then 12, 24 … 60 s.
 */
import { Refusal, backOff, worthRetry } from '../net';

export interface DonePart {
  number: number;
  etag: string;
}

export interface Slot {
  upload: string;
  part_size: number;
  parts_done: DonePart[];
}

export interface UploadDoor {
  open(file: File): Promise<Slot>;
  sign(upload: string, numbers: number[]): Promise<Map<number, string>>;
  complete(upload: string, parts: DonePart[]): Promise<unknown>;
  abandon(upload: string): Promise<void>;
  /** Puts one part at a signed address; the answer is its ETag. Throws `Refusal` for a refused one. */
  put(url: string, part: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<string>;
}

export interface UploadEvents {
  /** `sent` of `total` bytes are in the store or on their way; `waiting` = seconds until the next try, 0 while it flows. */
  onProgress(sent: number, total: number, waiting: number): void;
}

export const PARALLEL = 3;
const SIGN_AT_ONCE = 6;
const FIRST_WAIT_MS = 6000;
const MOST_FAILURES = 8;

export class Stopped extends Error {}

export class MultipartUpload {
  private slot: Slot | null = null;
  private readonly done = new Map<number, string>();
  private readonly urls = new Map<number, string>();
  private readonly onTheWay = new Map<number, number>();
  private halt = new AbortController();

  constructor(
    private readonly file: File,
    private readonly door: UploadDoor,
    private readonly events: UploadEvents,
    private readonly sleep: (ms: number, signal: AbortSignal) => Promise<void> = wait,
  ) {}

  /** What the server answered to the last step. Throws `Stopped` when paused, `Refusal` when it makes no sense to go on. */
  async run(): Promise<unknown> {
    this.halt = new AbortController();
    const slot = await this.persist(() => this.door.open(this.file));
    this.slot = slot;
    this.done.clear();
    for (const part of slot.parts_done) this.done.set(part.number, part.etag);
    const count = Math.max(1, Math.ceil(this.file.size / slot.part_size));
    const todo = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !this.done.has(number));
    this.tell();
    const lanes = Array.from({ length: Math.min(PARALLEL, todo.length) }, () => this.lane(slot, todo));
    try {
      await Promise.all(lanes);
    } catch (error) {
      this.halt.abort();
      await Promise.allSettled(lanes);
      throw error;
    }
    const parts = [...this.done].map(([number, etag]) => ({ number, etag })).sort((a, b) => a.number - b.number);
    return this.persist(() => this.door.complete(slot.upload, parts));
  }

  pause(): void {
    this.halt.abort();
  }

  async cancel(): Promise<void> {
    this.pause();
    if (this.slot) await this.door.abandon(this.slot.upload);
  }

  private async lane(slot: Slot, todo: number[]): Promise<void> {
    for (let number = todo.shift(); number !== undefined; number = todo.shift()) {
      const mine = number;
      const etag = await this.persist(() => this.putPart(slot, mine, todo));
      this.onTheWay.delete(mine);
      this.done.set(mine, etag);
      this.tell();
    }
  }

  private async putPart(slot: Slot, number: number, todo: number[]): Promise<string> {
    let url = this.urls.get(number);
    if (url === undefined) {
      const wanted = [number, ...todo.filter((one) => !this.urls.has(one)).slice(0, SIGN_AT_ONCE - 1)];
      for (const [one, address] of await this.door.sign(slot.upload, wanted)) this.urls.set(one, address);
      url = this.urls.get(number);
      if (url === undefined) throw new Refusal(502, `part ${number}`);
    }
    const from = (number - 1) * slot.part_size;
    const part = this.file.slice(from, Math.min(this.file.size, from + slot.part_size));
    try {
      return await this.door.put(
        url,
        part,
        (bytes) => {
          this.onTheWay.set(number, bytes);
          this.tell();
        },
        this.halt.signal,
      );
    } catch (error) {
      this.onTheWay.delete(number);
      this.urls.delete(number); // a signed address does not live long
      if (error instanceof Refusal && error.status === 403) throw new Refusal(503, error.message);
      throw error;
    }
  }

  /** Does `work` until it succeeds, makes no sense any more, or is stopped. */
  private async persist<T>(work: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      this.mustGoOn();
      try {
        return await work();
      } catch (error) {
        this.mustGoOn();
        if (!worthRetry(error) || failures + 1 >= MOST_FAILURES) throw error;
        const pause = backOff(failures, FIRST_WAIT_MS);
        this.tell(Math.ceil(pause / 1000));
        await this.sleep(pause, this.halt.signal);
      }
    }
  }

  private mustGoOn(): void {
    if (this.halt.signal.aborted) throw new Stopped();
  }

  private tell(waiting = 0): void {
    const size = this.slot?.part_size ?? 0;
    let sent = 0;
    for (const number of this.done.keys()) sent += Math.min(size, this.file.size - (number - 1) * size);
    for (const bytes of this.onTheWay.values()) sent += bytes;
    this.events.onProgress(Math.min(sent, this.file.size), this.file.size, waiting);
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
