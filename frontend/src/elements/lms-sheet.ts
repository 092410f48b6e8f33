/**
 * <lms-sheet id="x"> <div class="sheet-veil" data-close></div> <section class="sheet" role="dialog" …> … </section> </lms-sheet>
 *
 * A modal that also works where <dialog> does not exist (Safari 14): everything beside it is inert, Tab stays inside,
 * Esc closes (not when `data-locked`), focus returns to where it was. Opened by `[data-sheet="x"]` or `show()`.
 */

const FOCUSABLE =
  'a[href], button:not([disabled]), input:not([disabled]):not([type="hidden"]), select:not([disabled]), textarea:not([disabled]), [tabindex="0"]';

export class LmsSheet extends HTMLElement {
  private focusedBefore: Element | null = null;
  private stilled: Element[] = [];

  connectedCallback(): void {
    this.addEventListener('click', this.onClick);
    this.addEventListener('keydown', this.onKey);
    if (this.hasAttribute('open')) {
      this.removeAttribute('open');
      this.show();
    }
  }

  disconnectedCallback(): void {
    this.removeEventListener('click', this.onClick);
    this.removeEventListener('keydown', this.onKey);
    this.release();
  }

  get isOpen(): boolean {
    return this.hasAttribute('open');
  }

  show(): void {
    if (this.isOpen) return;
    this.focusedBefore = document.activeElement;
    this.setAttribute('open', '');
    this.stillTheRest();
    const first = this.querySelector<HTMLElement>('[data-first]') ?? this.focusable()[0] ?? this.panel();
    first?.focus({ preventScroll: true });
    this.dispatchEvent(new CustomEvent('sheet:show', { bubbles: true }));
  }

  close(reason = 'code'): void {
    if (!this.isOpen) return;
    this.removeAttribute('open');
    this.release();
    if (this.focusedBefore instanceof HTMLElement && this.focusedBefore.isConnected)
      this.focusedBefore.focus({ preventScroll: true });
    this.dispatchEvent(new CustomEvent('sheet:close', { bubbles: true, detail: { reason } }));
  }

  private panel(): HTMLElement | null {
    const panel = this.querySelector<HTMLElement>('[role="dialog"], [role="alertdialog"]');
    if (panel && !panel.hasAttribute('tabindex')) panel.tabIndex = -1;
    return panel;
  }

  private focusable(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((item) => !item.closest('[hidden]'));
  }

  private stillTheRest(): void {
    for (let parent = this.parentElement; parent; parent = parent === document.body ? null : parent.parentElement) {
      for (const beside of parent.children) {
        if (
          beside.contains(this) ||
          beside.hasAttribute('inert') ||
          beside.id === 'toasts' ||
          beside.tagName === 'SCRIPT'
        ) {
          continue;
        }
        beside.setAttribute('inert', '');
        beside.setAttribute('aria-hidden', 'true');
        this.stilled.push(beside);
      }
    }
  }

  private release(): void {
    for (const item of this.stilled) {
      item.removeAttribute('inert');
      item.removeAttribute('aria-hidden');
    }
    this.stilled = [];
  }

  private readonly onClick = (event: Event): void => {
    if (!(event.target instanceof Element)) return;
    const closer = event.target.closest('[data-close]');
    if (!closer) return;
    if (closer.classList.contains('sheet-veil') && this.hasAttribute('data-locked')) return;
    this.close(closer.getAttribute('data-close') ?? 'button');
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (!this.isOpen) return;
    if (event.key === 'Escape' && !this.hasAttribute('data-locked')) {
      event.stopPropagation();
      this.close('escape');
      return;
    }
    if (event.key !== 'Tab') return;
    const items = this.focusable();
    const first = items[0];
    const last = items[items.length - 1];
    if (!first || !last) {
      event.preventDefault();
      return;
    }
    const at = document.activeElement;
    if (event.shiftKey && (at === first || !this.contains(at) || at === this.panel())) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && (at === last || !this.contains(at))) {
      event.preventDefault();
      first.focus();
    }
  };
}

/** `[data-sheet="id"]` anywhere on the page opens that sheet, also after a swap. */
export function openSheetsByButton(root: Document): void {
  root.addEventListener('click', (event) => {
    const opener = event.target instanceof Element ? event.target.closest('[data-sheet]') : null;
    const sheet = opener && root.getElementById(opener.getAttribute('data-sheet') ?? '');
    if (sheet instanceof LmsSheet) {
      event.preventDefault();
      sheet.show();
    }
  });
}

customElements.define('lms-sheet', LmsSheet);
