/** Messages of the server: they can be closed, and go by themselves after 8 s unless they are errors. */

export function tendToasts(root: Document): void {
  root.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-toast-close]') : null;
    button?.closest('[data-toast]')?.remove();
  });
  for (const toast of root.querySelectorAll('[data-toast]:not(.text-bad)')) {
    window.setTimeout(() => toast.remove(), 8000);
  }
}

/** Shows a message in the page's message area (an error stays until it is closed). */
export function say(text: string): void {
  const area = document.getElementById('toasts');
  if (!area) return;
  const toast = document.createElement('div');
  toast.className = 'toast text-brand';
  toast.dataset['toast'] = '';
  const words = document.createElement('p');
  words.textContent = text;
  toast.append(words);
  area.append(toast);
  window.setTimeout(() => toast.remove(), 8000);
}
