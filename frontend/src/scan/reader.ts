/** Who reads the code: the browser where it really can, else jsQR in a worker. */

export type ReadQr = (video: HTMLVideoElement) => Promise<string | null>;

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const WIDEST = 640;

/** The browser's own reader, or null. Some in-app browsers have the class and can read nothing: ask for the list. */
export async function ownReader(): Promise<ReadQr | null> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  if (!BarcodeDetector) return null;
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes('qr_code')) return null;
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  } catch {
    return null;
  }
}

export function workerReader(worker: Worker): ReadQr {
  const canvas = document.createElement('canvas');
  return (video) => {
    const scale = Math.min(1, WIDEST / Math.max(1, video.videoWidth));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    const paper = canvas.getContext('2d', { willReadFrequently: true });
    if (!paper || canvas.width === 0) return Promise.resolve(null);
    paper.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = paper.getImageData(0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => {
      worker.onmessage = (event: MessageEvent<string | null>) => resolve(event.data);
      worker.onerror = () => resolve(null);
      worker.postMessage({ data: data.buffer, width, height }, [data.buffer]);
    });
  };
}

/**
 * Where a code leads: the address on this site, or null when it is not one of ours. `path` is the only path that counts
 * ("/practice/scan/"); a code from elsewhere must never take the learner away.
 */
export function ownAddress(text: string, origin: string, path: string): string | null {
  try {
    const url = new URL(text, origin);
    return url.origin === origin && url.pathname === path ? url.pathname + url.search : null;
  } catch {
    return null;
  }
}
