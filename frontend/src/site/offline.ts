/** The strip at the top of the page says when the phone has no network. */

export function watchNetwork(root: Document): void {
  const strip = root.getElementById('offline');
  if (!strip) return;
  const show = (): void => {
    strip.hidden = navigator.onLine;
  };
  window.addEventListener('online', show);
  window.addEventListener('offline', show);
  show();
}
