/** <copy-text data-text="…" data-done="Copied"><button><span>Copy</span></button></copy-text> */

export class CopyText extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('click', this.copy);
  }

  disconnectedCallback(): void {
    this.removeEventListener('click', this.copy);
  }

  private readonly copy = (): void => {
    const text = this.dataset['text'] ?? '';
    // the async clipboard needs https and is missing in some in-app browsers
    const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
    const done = clipboard
      ? clipboard.writeText(text).catch(() => {
          this.copyByHand(text);
        })
      : Promise.resolve().then(() => {
          this.copyByHand(text);
        });
    void done.then(() => this.tell());
  };

  private copyByHand(text: string): void {
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'sr-only';
    this.append(area);
    area.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way in old in-app browsers
    document.execCommand('copy');
    area.remove();
  }

  private tell(): void {
    const word = this.querySelector('span');
    if (!word || word.dataset['before'] !== undefined) return;
    word.dataset['before'] = word.textContent;
    word.textContent = this.dataset['done'] ?? '✓';
    window.setTimeout(() => {
      word.textContent = word.dataset['before'] ?? '';
      delete word.dataset['before'];
    }, 2000);
  }
}

customElements.define('copy-text', CopyText);
