/**
 * A form is sent once. While it is under way its button is busy and further submits are dropped; coming back by the
 * back button, an htmx answer, or 20 s without one free it. `data-again` on a form switches the guard off (downloads).
 */
const RELEASE_MS = 20_000;
const sending = new WeakMap<HTMLFormElement, number>();

export function guardForms(root: Document): void {
  root.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.hasAttribute('data-again')) return;
    if (sending.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const submitter = event.submitter;
    // after every other listener: a submit that somebody refused must not leave the form busy
    queueMicrotask(() => {
      if (event.defaultPrevented && !isHtmx(form)) return;
      sending.set(
        form,
        window.setTimeout(() => free(form), RELEASE_MS),
      );
      const button = submitter ?? form.querySelector('button:not([type="button"])');
      button?.setAttribute('aria-busy', 'true');
    });
  });
  root.addEventListener('htmx:finally:request', (event) => {
    const form = event.target instanceof Element ? event.target.closest('form') : null;
    if (form) free(form);
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) for (const form of root.forms) free(form);
  });
  root.querySelector<HTMLElement>('[data-form-errors]')?.focus();
}

function isHtmx(form: HTMLFormElement): boolean {
  return form.hasAttribute('hx-post') || form.hasAttribute('hx-get');
}

function free(form: HTMLFormElement): void {
  const timer = sending.get(form);
  if (timer !== undefined) window.clearTimeout(timer);
  sending.delete(form);
  for (const button of form.querySelectorAll('[aria-busy="true"]')) button.removeAttribute('aria-busy');
}
