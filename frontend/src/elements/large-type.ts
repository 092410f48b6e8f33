/**
 * <large-type><form method="post" action="…"><button aria-pressed>: 大字版 in one tap, without loading the page again. A cookie
 * remembers it, the account too when it can. Without script the form does the same.
 */
import { csrfToken } from '../net';

export class LargeType extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('submit', this.toggle);
    queueMicrotask(() => this.show());
  }

  disconnectedCallback(): void {
    this.removeEventListener('submit', this.toggle);
  }

  private show(): void {
    const on = document.documentElement.classList.contains('large-type');
    this.querySelector('button')?.setAttribute('aria-pressed', String(on));
  }

  private readonly toggle = (event: Event): void => {
    event.preventDefault();
    const on = document.documentElement.classList.toggle('large-type');
    document.cookie = `large_type=${on ? '1' : '0'}; path=/; max-age=31536000; samesite=lax`;
    this.show();
    const url = this.querySelector('form')?.getAttribute('action');
    if (!url) return;
    // the cookie is enough for this phone; the account is a kindness and may fail
    fetch(url, {
      method: 'POST',
      credentials: 'same-origin',
      keepalive: true,
      headers: { 'X-CSRFToken': csrfToken() },
      body: new URLSearchParams({ large: on ? '1' : '0' }),
    }).catch(() => undefined);
  };
}

customElements.define('large-type', LargeType);
