/** A link to a place inside the page unfolds the `<details>` there, and paper shows the folded parts marked for it. */

function unfold(page: Document): void {
  const target = page.getElementById(decodeURIComponent(page.location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.querySelector('summary')?.focus({ preventScroll: true });
  target.scrollIntoView({ block: 'center' });
}

export function unfoldByLink(page: Document, view: Window): void {
  view.addEventListener('hashchange', () => unfold(page));
  unfold(page);
  view.addEventListener('beforeprint', () => {
    page.querySelectorAll<HTMLDetailsElement>('details[data-print-open]:not([open])').forEach((part) => {
      part.open = true;
      part.dataset['printOpen'] = 'again';
    });
  });
  view.addEventListener('afterprint', () => {
    page.querySelectorAll<HTMLDetailsElement>('details[data-print-open="again"]').forEach((part) => {
      part.open = false;
      part.dataset['printOpen'] = '';
    });
  });
}
