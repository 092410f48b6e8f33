/** The upload door of the server (`/api/v1/media/uploads/`) and of the store (signed addresses). */
import { Refusal, csrfToken, fetchJson, postJson } from '../net';
import type { Slot, UploadDoor } from './multipart';

interface Signed {
  urls: Record<string, string> | { number: number; url: string }[];
}

/** `extra` goes into the opening request (title, organisation). */
export function uploadDoor(base: string, extra: Record<string, unknown>): UploadDoor {
  return {
    open: (file) =>
      postJson<Slot>(base, {
        name: file.name,
        size: file.size,
        content_type: file.type,
        modified_ms: file.lastModified,
        ...extra,
      }),
    sign: async (upload, numbers) => {
      const { urls } = await postJson<Signed>(`${base}${upload}/parts/`, { numbers });
      return Array.isArray(urls)
        ? new Map(urls.map((one) => [one.number, one.url]))
        : new Map(Object.entries(urls).map(([number, url]) => [Number(number), url]));
    },
    complete: (upload, parts) => postJson(`${base}${upload}/complete/`, { parts }),
    abandon: async (upload) => {
      await fetchJson(`${base}${upload}/`, { method: 'DELETE', headers: { 'X-CSRFToken': csrfToken() } });
    },
    put: putPart,
  };
}

/** XMLHttpRequest, because fetch does not tell how far a body has gone. */
function putPart(url: string, part: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const stop = (): void => xhr.abort();
    const end = (finish: () => void): void => {
      signal.removeEventListener('abort', stop);
      finish();
    };
    signal.addEventListener('abort', stop);
    xhr.upload.onprogress = (event) => onSent(event.loaded);
    xhr.onload = () =>
      end(() => {
        const etag = xhr.getResponseHeader('ETag');
        if (xhr.status >= 200 && xhr.status < 300 && etag !== null) resolve(etag.replace(/"/g, ''));
        else reject(new Refusal(xhr.status, xhr.status < 300 ? 'The store hides the ETag (CORS)' : String(xhr.status)));
      });
    xhr.onerror = () => end(() => reject(new TypeError('no network')));
    xhr.onabort = () => end(() => reject(new TypeError('aborted')));
    xhr.open('PUT', url);
    xhr.send(part);
  });
}
