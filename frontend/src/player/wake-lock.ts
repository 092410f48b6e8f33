/** Keeps the screen on while a lesson plays. A refusal (battery saver, WeChat) is nobody's fault and is ignored. */

interface Lock {
  release(): Promise<void>;
}

export class ScreenLock {
  private lock: Lock | null = null;
  private wanted = false;

  hold(): void {
    this.wanted = true;
    const { wakeLock } = navigator as { wakeLock?: { request(kind: 'screen'): Promise<Lock> } };
    if (this.lock || !wakeLock) return;
    wakeLock
      .request('screen')
      .then((lock) => {
        if (this.wanted) this.lock = lock;
        else void lock.release();
      })
      .catch(() => undefined);
  }

  release(): void {
    this.wanted = false;
    void this.lock?.release().catch(() => undefined);
    this.lock = null;
  }
}
