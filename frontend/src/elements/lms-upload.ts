/**
 * <lms-upload data-url="/api/v1/media/uploads/" data-next="/media-desk/{media}/"> (templates/parts/upload.html)
 *
 * Pick or drop a file: it goes to the store in parts, can be paused, and goes on after a reload when the same file is picked
 * again. Fires `upload:done` with the server's answer, then goes to `data-next`.
 */
import { Refusal } from '../net';
import { MultipartUpload, Stopped } from '../upload/multipart';
import { uploadDoor } from '../upload/door';

const TELL_EVERY = 10;

export class LmsUpload extends HTMLElement {
  private job: MultipartUpload | null = null;
  private file: File | null = null;
  private running = false;
  private startedAt = 0;
  private told = 0;
  private startedWith = -1;

  connectedCallback(): void {
    this.addEventListener('change', this.onPick);
    this.addEventListener('click', this.onClick);
    this.addEventListener('dragover', this.onDrag);
    this.addEventListener('dragleave', this.onDrag);
    this.addEventListener('drop', this.onDrop);
    window.addEventListener('beforeunload', this.onLeave);
    window.addEventListener('online', this.onOnline);
  }

  disconnectedCallback(): void {
    this.job?.pause();
    window.removeEventListener('beforeunload', this.onLeave);
    window.removeEventListener('online', this.onOnline);
  }

  private start(file: File): void {
    const most = Number(this.dataset['most'] ?? '0');
    if (most > 0 && file.size > most) {
      this.show('trouble', this.words('tooLarge').replace('{most}', sizeText(most)));
      return;
    }
    this.file = file;
    this.show('name', file.name);
    const extra: Record<string, unknown> = {};
    const title = this.querySelector<HTMLInputElement>('[data-title]')?.value.trim() ?? '';
    if (title !== '') extra['title'] = title;
    const organisation = Number(this.dataset['organisation'] ?? '0');
    if (organisation > 0) extra['organisation'] = organisation;
    this.job = new MultipartUpload(file, uploadDoor(this.dataset['url'] ?? '', extra), {
      onProgress: (sent, total, waiting) => this.progress(sent, total, waiting),
    });
    void this.go();
  }

  private async go(): Promise<void> {
    const { job } = this;
    if (!job || this.running) return;
    this.running = true;
    this.startedWith = -1;
    this.show('trouble', '');
    this.phase('run');
    try {
      const answer = await job.run();
      this.phase('done');
      const media = (answer as { media?: string } | null)?.media ?? '';
      if (this.dispatchEvent(new CustomEvent('upload:done', { bubbles: true, cancelable: true, detail: answer }))) {
        const next = this.dataset['next'];
        if (next !== undefined) location.assign(next.replace('{media}', encodeURIComponent(media)));
      }
    } catch (error) {
      this.phase('rest');
      if (!(error instanceof Stopped)) {
        this.show('trouble', error instanceof Refusal && error.status < 500 ? error.message : this.words('broken'));
      }
    } finally {
      this.running = false;
    }
  }

  private progress(sent: number, total: number, waiting: number): void {
    const now = performance.now();
    if (this.startedWith < 0) {
      this.startedWith = sent;
      this.startedAt = now;
    }
    const percent = total > 0 ? Math.floor((100 * sent) / total) : 0;
    const bar = this.querySelector('progress');
    if (bar) bar.value = percent;
    let text = `${percent}% · ${sizeText(sent)} / ${sizeText(total)}`;
    const rate = (sent - this.startedWith) / Math.max(1, now - this.startedAt);
    if (waiting > 0) text += ` · ${this.words('waiting').replace('{seconds}', String(waiting))}`;
    else if (rate > 0 && now - this.startedAt > 3000) {
      const minutes = Math.ceil((total - sent) / rate / 60_000);
      text += ` · ${this.words('left').replace('{minutes}', String(minutes))}`;
    }
    this.show('figures', text);
    this.tell(percent);
  }

  /** Ears hear every tenth percent, not every tick. */
  private tell(percent: number): void {
    const tenth = percent - (percent % TELL_EVERY);
    if (tenth === this.told) return;
    this.told = tenth;
    this.show('told', `${tenth}%`);
  }

  private phase(name: 'pick' | 'run' | 'rest' | 'done'): void {
    for (const part of this.querySelectorAll<HTMLElement>('[data-phase]')) {
      part.hidden = !(part.dataset['phase'] ?? '').split(' ').includes(name);
    }
  }

  private show(name: string, text: string): void {
    const place = this.querySelector<HTMLElement>(`[data-${name}]`);
    if (!place) return;
    place.textContent = text;
    if (name === 'trouble') place.hidden = text === '';
  }

  private words(name: string): string {
    return this.dataset[`strings${name.charAt(0).toUpperCase()}${name.slice(1)}`] ?? '';
  }

  private readonly onPick = (event: Event): void => {
    const { target } = event;
    if (!(target instanceof HTMLInputElement) || target.type !== 'file') return;
    const file = target.files?.[0];
    target.value = '';
    if (file) this.start(file);
  };

  private readonly onClick = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (button?.hasAttribute('data-pause')) this.job?.pause();
    else if (button?.hasAttribute('data-resume')) void this.go();
    else if (button?.hasAttribute('data-cancel')) {
      void this.job?.cancel().catch(() => undefined);
      this.job = null;
      this.file = null;
      this.phase('pick');
    }
  };

  private readonly onDrag = (event: Event): void => {
    event.preventDefault();
    this.classList.toggle('is-over', event.type === 'dragover');
  };

  private readonly onDrop = (event: DragEvent): void => {
    event.preventDefault();
    this.classList.remove('is-over');
    const file = event.dataTransfer?.files[0];
    if (file && !this.running) this.start(file);
  };

  private readonly onLeave = (event: BeforeUnloadEvent): void => {
    if (this.running) event.preventDefault();
  };

  private readonly onOnline = (): void => {
    if (this.file && !this.running && this.querySelector('[data-trouble]:not([hidden])')) void this.go();
  };
}

/** 13002342 → "12.4 MB". */
export function sizeText(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GB`;
}

customElements.define('lms-upload', LmsUpload);
