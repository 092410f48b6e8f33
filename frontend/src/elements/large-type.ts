/** <large-type><button aria-pressed data-save="/url/"> … : 大字版 in one tap; a cookie remembers it, the account too when it can. */
import { csrfToken } from '../net';

export class LargeType extends HTMLElement {
  connectedCallback(): void {
    this.show();
    this.addEventListener('click', this.toggle);
  }

  disconnectedCallback(): void {
    this.removeEventListener('click', this.toggle);
  }

  private show(): void {
    const on = document.documentElement.classList.contains('large-type');
    this.querySelector('button')?.setAttribute('aria-pressed', String(on));
  }

  private readonly toggle = (): void => {
    const on = document.documentElement.classList.toggle('large-type');
    document.cookie = `large_type=${on ? '1' : '0'}; path=/; max-age=31536000; samesite=lax`;
    this.show();
    const url = this.querySelector('button')?.dataset['save'];
    if (url === undefined) return;
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
