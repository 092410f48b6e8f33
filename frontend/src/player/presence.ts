/**
 * "Still learning?": a check of the server in a sheet below the picture (in-app browsers may lay the video over everything).
 * What is asked comes only when it is shown; from then on its time runs on the server's clock. Missing it loses only what
 * came after the last proof, and the sheet says exactly what to watch again.
 */
import { clockText } from '../elements/lms-countdown';
import type { LmsSheet } from '../elements/lms-sheet';
import { Refusal, postJson, worthRetry } from '../net';
import type { CheckOutcome, CheckQuestion, Prompt, Span } from './beat';
import { takeStill } from './still';

const RETRY_MS = 2000;
const SUPERVISOR_ASKS_MS = 3000;
const AFTER_DEADLINE_MS = 2500;

export interface PresenceHost {
  /** The address of a check, or of something to do with it (`shown/`, `method/`). */
  address: (check: string, rest: string) => string;
  /** The check is on the screen: the picture must stand. */
  onShow: () => void;
  /** The sheet is closed; `passed` false: missed, or over by now. */
  onDone: (passed: boolean) => void;
  /** What has to be watched again after a miss, as the server sees it. */
  onMissed: () => Promise<Span[]>;
}

type Answer = CheckQuestion | CheckOutcome;

export class PresenceCheck {
  private prompt: Prompt | null = null;
  private question: CheckQuestion | null = null;
  private ends = 0;
  private busy = false;
  private answered = '';
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly sheet: LmsSheet,
    private readonly host: PresenceHost,
  ) {
    sheet.setAttribute('data-locked', '');
    sheet.addEventListener('click', (event) => this.onClick(event));
    sheet.addEventListener('submit', (event) => this.onSubmit(event));
    sheet.addEventListener('change', (event) => this.onPicture(event));
    sheet.addEventListener('countdown:end', () => this.onTimeOver());
    sheet.addEventListener('sheet:close', (event) => {
      if ((event as CustomEvent<{ reason: string }>).detail.reason === 'resume') this.finish(false);
    });
  }

  /** A check is on the screen. While it is on its way there, the picture still runs and counts. */
  get isAsking(): boolean {
    return this.prompt !== null && this.sheet.isOpen;
  }

  /** Puts the check on the screen. Without a network nothing happens: the prompt waits and is asked for again. */
  async ask(prompt: Prompt): Promise<void> {
    const id = prompt.id ?? '';
    if (id === '' || this.prompt || id === this.answered) return;
    this.prompt = prompt;
    try {
      const answer = await this.show(id);
      if (this.prompt !== prompt) return;
      if (answer.result !== null) this.settle(answer);
      else {
        this.host.onShow();
        this.render(answer);
        this.sheet.show();
      }
    } catch (error) {
      if (this.prompt !== prompt) return;
      this.prompt = null;
      if (!worthRetry(error)) this.answered = id;
    }
  }

  /** The page goes on without an answer (the session is over). */
  drop(): void {
    if (this.prompt) this.finish(false);
  }

  private async show(id: string): Promise<Answer> {
    try {
      return await postJson<Answer>(this.host.address(id, 'shown/'), {});
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 409) throw error;
      this.trouble(error.message); // the code could not be sent: the question stands, another way is open
      return postJson<Answer>(this.host.address(id, 'shown/'), {});
    }
  }

  private async answer(text: string): Promise<void> {
    const { question } = this;
    if (!question || this.busy) return;
    await this.send(this.host.address(question.id, ''), { round: question.round, answer: text });
  }

  /** Tries until the deadline: a tap on a shaky network must not be lost. Answers of a round count once. */
  private async send(address: string, body: unknown): Promise<void> {
    const { prompt } = this;
    this.setBusy(true);
    this.trouble('');
    try {
      for (;;) {
        try {
          const answer = await postJson<Answer>(address, body);
          if (this.prompt === prompt) this.take(answer);
          return;
        } catch (error) {
          if (this.prompt !== prompt) return;
          const late = performance.now() + RETRY_MS > this.ends;
          this.trouble(worthRetry(error) ? (this.sheet.dataset['offline'] ?? '') : messageOf(error));
          if (!worthRetry(error) || late) return;
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    } finally {
      this.setBusy(false);
    }
  }

  private take(answer: Answer): void {
    if (answer.result === null) this.render(answer);
    else this.settle(answer);
  }

  private settle(outcome: CheckOutcome): void {
    this.answered = outcome.id;
    if (outcome.result === 'failed') void this.miss();
    else this.finish(outcome.result === 'passed');
  }

  private render(question: CheckQuestion): void {
    this.question = question;
    this.ends = performance.now() + question.seconds_left * 1000;
    this.part('open', true);
    this.part('missed', false);
    this.sheet.querySelector('lms-countdown')?.setAttribute('data-seconds', String(question.seconds_left));
    for (const part of this.all('[data-method]')) part.hidden = part.dataset['method'] !== question.method;
    for (const way of this.all('[data-way]'))
      way.hidden = !(question.others as string[]).includes(way.dataset['way'] ?? '');
    this.showCode(question);
    if (question.notice !== '') this.trouble(this.sheet.dataset[camel(question.notice)] ?? '');
    clearTimeout(this.timer);
    if (question.method === 'supervised') this.waitForSupervisor(question);
    if (question.spoken) this.speak(question);
  }

  private showCode(question: CheckQuestion): void {
    for (const place of this.all('[data-code]')) place.textContent = question.code;
    const list = this.sheet.querySelector('[data-choices]');
    const choice = this.sheet.querySelector('template[data-choice]');
    if (!list || !(choice instanceof HTMLTemplateElement)) return;
    list.replaceChildren(
      ...question.choices.map((text) => {
        const button = (choice.content.firstElementChild as HTMLElement).cloneNode(true) as HTMLElement;
        button.textContent = text;
        button.dataset['answer'] = text;
        return button;
      }),
    );
    const field = this.sheet.querySelector<HTMLInputElement>('input[data-sms]');
    if (field) field.value = '';
  }

  /** Approved for people who can't read the screen. */
  private speak(question: CheckQuestion): void {
    if (typeof speechSynthesis === 'undefined') return;
    const words = [this.sheet.querySelector('h2')?.textContent ?? '', ...Array.from(question.code)];
    speechSynthesis.cancel();
    speechSynthesis.speak(new SpeechSynthesisUtterance(words.join(' ')));
  }

  private waitForSupervisor(question: CheckQuestion): void {
    this.timer = setTimeout(() => {
      if (this.question !== question || this.busy) return;
      postJson<Answer>(this.host.address(question.id, 'shown/'), {})
        .then((answer) => {
          if (this.question !== question) return;
          if (answer.result === null) this.waitForSupervisor(question);
          else this.settle(answer);
        })
        .catch(() => this.waitForSupervisor(question));
    }, SUPERVISOR_ASKS_MS);
  }

  private onClick(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (!button || !this.question) {
      if (button?.matches('[data-jump]')) this.finish(false); // the page's own listener goes there
      return;
    }
    const { answer, way } = button.dataset;
    if (answer !== undefined) void this.answer(answer);
    else if (way !== undefined && !this.busy)
      void this.send(this.host.address(this.question.id, 'method/'), { method: way });
    else if (button.matches('[data-jump]')) this.finish(false);
  }

  private onSubmit(event: Event): void {
    event.preventDefault();
    const field = this.sheet.querySelector<HTMLInputElement>('input[data-sms]');
    if (field && field.value.trim() !== '') void this.answer(field.value.trim());
  }

  private onPicture(event: Event): void {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || field.type !== 'file' || !field.files?.[0]) return;
    const file = field.files[0];
    field.value = '';
    takeStill(file)
      .then((picture) => this.answer(picture))
      .catch(() => this.trouble(this.sheet.dataset['cannotSay'] ?? ''));
  }

  /** The server decides at its own deadline, a moment later: then it is asked what came of the check. */
  private onTimeOver(): void {
    const { question } = this;
    if (!question || this.sheet.querySelector('[data-check="missed"]:not([hidden])')) return;
    clearTimeout(this.timer);
    this.part('open', false);
    this.part('missed', true);
    this.timer = setTimeout(() => {
      postJson<Answer>(this.host.address(question.id, 'shown/'), {})
        .then((answer) => {
          if (this.question === question && answer.result !== null) this.settle(answer);
        })
        .catch(() => void this.miss());
    }, AFTER_DEADLINE_MS);
  }

  private async miss(): Promise<void> {
    const { prompt } = this;
    this.part('open', false);
    this.part('missed', true);
    if (!this.sheet.isOpen) {
      this.host.onShow();
      this.sheet.show();
    }
    this.trouble('');
    this.sheet.querySelector<HTMLElement>('[data-close="resume"]')?.focus();
    const spans = await this.host.onMissed();
    if (this.prompt === prompt) this.showAgain(spans);
  }

  private showAgain(spans: Span[]): void {
    const list = this.sheet.querySelector('[data-again]');
    const row = this.sheet.querySelector('template[data-again-row]');
    if (!list || !(row instanceof HTMLTemplateElement)) return;
    list.replaceChildren(
      ...spans.map(([from, to]) => {
        const item = row.content.firstElementChild?.cloneNode(true) as HTMLElement;
        const when = item.querySelector('[data-when]');
        if (when) when.textContent = `${clockText(from)}–${clockText(to)}`;
        item.querySelector('[data-jump]')?.setAttribute('data-jump', String(from));
        return item;
      }),
    );
  }

  private finish(passed: boolean): void {
    if (!this.prompt) return;
    clearTimeout(this.timer);
    this.answered = this.prompt.id ?? '';
    this.prompt = null;
    this.question = null;
    this.trouble('');
    this.sheet.close('done');
    this.host.onDone(passed);
  }

  private all(selector: string): HTMLElement[] {
    return [...this.sheet.querySelectorAll<HTMLElement>(selector)];
  }

  private part(name: string, visible: boolean): void {
    for (const part of this.all(`[data-check="${name}"]`)) part.hidden = !visible;
  }

  private setBusy(busy: boolean): void {
    this.busy = busy;
    this.sheet.toggleAttribute('aria-busy', busy);
  }

  private trouble(text: string): void {
    const place = this.sheet.querySelector<HTMLElement>('[data-trouble]');
    if (!place) return;
    place.hidden = text === '';
    place.textContent = text;
  }
}

function camel(notice: string): string {
  return notice.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
