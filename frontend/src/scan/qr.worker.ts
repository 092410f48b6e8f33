/** Reads a QR code out of one picture, off the main thread. */
import jsQR from 'jsqr';

interface Picture {
  data: ArrayBuffer;
  width: number;
  height: number;
}

self.addEventListener('message', (event: MessageEvent<Picture>) => {
  const { data, width, height } = event.data;
  const found = jsQR(new Uint8ClampedArray(data), width, height, { inversionAttempts: 'dontInvert' });
  (self as unknown as { postMessage(message: string | null): void }).postMessage(found?.data ?? null);
});
