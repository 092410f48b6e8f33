/**
 * Gives the <video> its stream: Safari plays HLS itself, every other browser through hls.js, which is fetched on the first
 * play. Never ask `canPlayType` first: Chromium says "maybe" and then fails on some streams.
 *
 * Segments stand in the playlist as signed addresses that live ten minutes. They are replaced by fresh ones (the playlist is
 * read again) before they end, and once more when the store refuses one.
 */
import type { ErrorData, HlsConfig, LevelLoadedData } from 'hls.js/light';
import type { PlaySession } from './beat';
import type { Remedy } from './rescue';

type Playback = PlaySession['playback'];

const FRESH_MS = 8 * 60 * 1000;

export interface SourceEvents {
  /** The ticket itself has ended: a new play session is needed. */
  onExpired: () => void;
  onBroken: () => void;
}

export interface Source {
  /** Tries to get a picture going that stands without reason. */
  mend(remedy: Remedy): void;
  destroy(): void;
}

export function playsHlsItself(video: HTMLVideoElement, agent: string, touchPoints = 0): boolean {
  const apple = /iP(hone|ad|od)/.test(agent) || (agent.includes('Macintosh') && touchPoints > 1);
  const safari = /Version\/[\d.]+.*Safari/.test(agent) && !/Chrom(e|ium)|Android/.test(agent);
  return (apple || safari) && video.canPlayType('application/vnd.apple.mpegurl') !== '';
}

/** Addresses of segments with a fresh signature, by path. */
export class SignedAddresses {
  private readonly lists = new Map<string, { readAt: number; flight: Promise<void> | null }>();
  private readonly byPath = new Map<string, { list: string; url: string }>();

  constructor(
    private readonly now: () => number,
    private readonly read: (url: string) => Promise<string>,
  ) {}

  learn(list: string, urls: Iterable<string>): void {
    for (const url of urls) this.byPath.set(pathOf(url, list), { list, url });
    this.lists.set(list, { readAt: this.now(), flight: null });
  }

  /** The store refused `url`: whatever its list says is old. */
  distrust(url: string): void {
    const known = this.byPath.get(pathOf(url, url));
    const list = known && this.lists.get(known.list);
    if (list) list.readAt = -Infinity;
  }

  /** `url` itself while it is fresh or unknown, else the same file under a fresh signature. */
  async fresh(url: string): Promise<string> {
    const known = this.byPath.get(pathOf(url, url));
    const list = known && this.lists.get(known.list);
    if (!known || !list) return url;
    if (this.now() - list.readAt > FRESH_MS) {
      list.flight ??= this.reread(known.list).finally(() => {
        list.flight = null;
      });
      await list.flight;
    }
    return this.byPath.get(pathOf(url, url))?.url ?? url;
  }

  private async reread(list: string): Promise<void> {
    this.learn(list, addressesIn(await this.read(list), list));
  }
}

/** Absolute addresses of all files that a media playlist names, the init segment included. */
export function addressesIn(text: string, base: string): string[] {
  const found: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const inTag = /^#EXT-X-MAP:.*URI="([^"]+)"/.exec(line);
    const address = inTag ? inTag[1] : line.startsWith('#') ? '' : line.trim();
    if (address) found.push(new URL(address, base).href);
  }
  return found;
}

function pathOf(url: string, base: string): string {
  const { origin, pathname } = new URL(url, base);
  return origin + pathname;
}

async function readText(url: string): Promise<string> {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

export async function attach(
  video: HTMLVideoElement,
  playback: Playback,
  startAt: number,
  events: SourceEvents,
): Promise<Source> {
  const master = new URL(playback.master_url, location.href).href;
  if (playsHlsItself(video, navigator.userAgent, navigator.maxTouchPoints)) {
    return attachNative(video, playback.native_url ?? master, startAt, events);
  }
  const { default: Hls } = await import('hls.js/light');
  if (!Hls.isSupported()) return attachNative(video, playback.native_url ?? master, startAt, events);

  const signed = new SignedAddresses(() => performance.now(), readText);
  const config: Partial<HlsConfig> = {
    startPosition: startAt,
    startLevel: 0,
    capLevelToPlayerSize: true,
    maxBufferLength: 30,
    maxMaxBufferLength: 60,
    // Chromium takes more away than it is told when pictures are seconds apart: keep what it may take far behind the learner
    backBufferLength: 90,
    xhrSetup: async (xhr, url) => {
      xhr.open('GET', await signed.fresh(url), true);
    },
  };
  const policy = Hls.DefaultConfig.fragLoadPolicy.default;
  config.fragLoadPolicy = {
    default: {
      ...policy,
      errorRetry: {
        maxNumRetry: 6,
        retryDelayMs: 1000,
        maxRetryDelayMs: 8000,
        shouldRetry: (_config, count, _timeout, response, retry) => retry || (response?.code === 403 && count < 3),
      },
    },
  };
  const hls = new Hls(config);
  hls.on(Hls.Events.LEVEL_LOADED, (_event: string, data: LevelLoadedData) => {
    const urls = data.details.fragments.flatMap((part) => [
      part.url,
      ...(part.initSegment ? [part.initSegment.url] : []),
    ]);
    signed.learn(data.levelInfo.uri, urls);
  });
  let mediaFaults = 0;
  let networkFaults = 0;
  let retry = 0;
  hls.on(Hls.Events.FRAG_BUFFERED, () => {
    mediaFaults = networkFaults = 0;
  });
  /** Loading goes on where it stopped; a list that never came is asked for again. */
  const ask = (): void => {
    window.clearTimeout(retry);
    if (hls.levels.length > 0) hls.startLoad();
    else hls.loadSource(master);
  };
  hls.on(Hls.Events.ERROR, (_event: string, data: ErrorData) => {
    if (data.response?.code === 403 && data.frag) signed.distrust(data.frag.url);
    if (!data.fatal) return;
    const code = data.response?.code ?? 0;
    if (code === 401 || code === 403 || code === 404) events.onExpired();
    else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && (mediaFaults += 1) <= 3) hls.recoverMediaError();
    else if (data.type === Hls.ErrorTypes.NETWORK_ERROR) {
      // no network: the picture goes on as soon as there is one, however long that takes
      window.clearTimeout(retry);
      retry = window.setTimeout(ask, Math.min(15_000, 1500 * 2 ** networkFaults));
      networkFaults = Math.min(5, networkFaults + 1);
    } else events.onBroken();
  });
  window.addEventListener('online', ask);
  hls.loadSource(master);
  hls.attachMedia(video);
  return {
    mend: (remedy) => {
      if (remedy === 'nudge') stepOnto(video);
      else if (remedy === 'ask') ask();
      else if (hls.levels.length === 0) hls.loadSource(master);
      else if (remedy === 'reload')
        hls.currentLevel = -1; // throws the buffer away and fills it from here
      else if (remedy === 'restart') hls.recoverMediaError();
    },
    destroy: () => {
      window.clearTimeout(retry);
      window.removeEventListener('online', ask);
      hls.destroy();
    },
  };
}

/** The browser looks for its place again. */
function stepOnto(video: HTMLVideoElement): void {
  video.currentTime += 0.05;
}

function attachNative(video: HTMLVideoElement, url: string, startAt: number, events: SourceEvents): Source {
  const seek = (): void => {
    if (startAt > 0) video.currentTime = startAt;
  };
  const fail = (): void =>
    video.error?.code === MediaError.MEDIA_ERR_NETWORK ? events.onExpired() : events.onBroken();
  video.addEventListener('loadedmetadata', seek, { once: true });
  video.addEventListener('error', fail);
  video.src = url;
  return {
    mend: (remedy) => {
      if (remedy === 'nudge') stepOnto(video);
      else if (remedy !== 'resume') {
        const at = video.currentTime;
        video.addEventListener('loadedmetadata', () => (video.currentTime = at), { once: true });
        video.load();
      }
    },
    destroy: () => {
      video.removeEventListener('loadedmetadata', seek);
      video.removeEventListener('error', fail);
      video.removeAttribute('src');
      video.load();
    },
  };
}
