/** What the player tells: a sentence over the picture, and lasting remarks below it. */
const SECONDS = 5;

export class Words {
  private timer: number | undefined;

  constructor(
    private readonly player: HTMLElement,
    private readonly stage: HTMLElement,
  ) {}

  /** One sentence over the picture for five seconds or, `lasting`, until something else happens; an empty one clears it. */
  say(text: string, lasting = false): void {
    window.clearTimeout(this.timer);
    if (text !== '' && !lasting) this.timer = window.setTimeout(() => this.say(''), SECONDS * 1000);
    const place = this.stage.querySelector<HTMLElement>('[data-say]');
    if (!place) return;
    place.hidden = text === '';
    const words = place.querySelector('span');
    if (words) words.textContent = text;
  }

  /** A lasting remark below the picture (not on the roster, today's hours are full); each kind once. */
  note(code: string, text: string): void {
    const root = this.player.closest('main') ?? document;
    const list = root.querySelector('[data-notices]');
    const row = root.querySelector('template[data-notice]');
    if (!list || !(row instanceof HTMLTemplateElement) || text === '') return;
    if ([...list.children].some((old) => old.getAttribute('data-code') === code)) return;
    const item = row.content.firstElementChild?.cloneNode(true);
    if (!(item instanceof Element)) return;
    item.setAttribute('data-code', code);
    const words = item.querySelector('[data-words]');
    if (words) words.textContent = text;
    list.append(item);
  }
}
