/** <lms-nav-toggle><button aria-controls="desk-side" aria-expanded="false">: the sidebar of a desk on a phone. */

export class LmsNavToggle extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('click', this.toggle);
    document.addEventListener('keydown', this.onKey);
    document.addEventListener('click', this.onOutside);
  }

  disconnectedCallback(): void {
    this.removeEventListener('click', this.toggle);
    document.removeEventListener('keydown', this.onKey);
    document.removeEventListener('click', this.onOutside);
  }

  private get isOpen(): boolean {
    return document.documentElement.classList.contains('nav-open');
  }

  private set(open: boolean): void {
    document.documentElement.classList.toggle('nav-open', open);
    const button = this.querySelector('button');
    button?.setAttribute('aria-expanded', String(open));
    if (open) this.firstLink()?.focus();
    else button?.focus();
  }

  private firstLink(): HTMLElement | null | undefined {
    const side = this.side();
    return side?.querySelector<HTMLElement>('a[aria-current]') ?? side?.querySelector('a');
  }

  private side(): HTMLElement | null {
    return document.getElementById(this.querySelector('button')?.getAttribute('aria-controls') ?? '');
  }

  private readonly toggle = (): void => this.set(!this.isOpen);

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.isOpen) this.set(false);
  };

  private readonly onOutside = (event: Event): void => {
    if (!this.isOpen || !(event.target instanceof Node)) return;
    if (!this.contains(event.target) && !this.side()?.contains(event.target)) this.set(false);
  };
}

customElements.define('lms-nav-toggle', LmsNavToggle);
