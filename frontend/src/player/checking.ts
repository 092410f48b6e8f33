/** Presence checks on the lesson page: keeps a prompt until it may be shown, shows it, and says what follows. */
import { LmsSheet } from '../elements/lms-sheet';
import { Refusal, postJson } from '../net';
import type { Progress, Prompt, Span } from './beat';
import { Patience } from './patience';
import type { PresenceCheck } from './presence';

const TOUCHES = ['pointerdown', 'keydown', 'touchstart', 'scroll'] as const;
const ASK_AGAIN_MS = 2000;
const MISS_TRIES = 4;

export interface CheckHost {
  dataset: DOMStringMap;
  sessionUrl: () => string;
  /** The check is about to be shown: the picture stands, the stretch is closed. */
  onShow: () => void;
  onDone: (passed: boolean) => void;
  refresh: () => Promise<Progress | null>;
  say: (text: string) => void;
}

export class Checking {
  private check: PresenceCheck | null = null;
  private prompt: Prompt | null = null;
  private triedAt = -Infinity;
  private readonly patience: Patience;

  constructor(private readonly host: CheckHost) {
    const seconds = (name: string): number => Number(host.dataset[name] ?? '0');
    this.patience = new Patience({
      returnMs: seconds('returnSeconds') * 1000,
      idleMs: seconds('idleSeconds') * 1000,
      now: () => performance.now(),
    });
    for (const kind of TOUCHES) window.addEventListener(kind, this.onTouch, { passive: true });
  }

  get isAsking(): boolean {
    return this.check?.isAsking ?? false;
  }

  destroy(): void {
    for (const kind of TOUCHES) window.removeEventListener(kind, this.onTouch);
  }

  bring(make: typeof PresenceCheck): void {
    const sheet = document.querySelector('[data-presence-sheet]');
    if (this.check || !(sheet instanceof LmsSheet)) return;
    this.check = new make(sheet, {
      address: (check, rest) => `${this.host.sessionUrl()}checks/${encodeURIComponent(check)}/${rest}`,
      onShow: () => this.host.onShow(),
      onDone: (passed) => {
        this.prompt = null;
        this.host.onDone(passed);
      },
      onMissed: () => this.missed(),
    });
  }

  /** The server wants presence shown. `now`: the learner is there (the session opens, or asked for it). */
  take(prompt: Prompt | null, now = false): void {
    if (this.isAsking) return;
    this.prompt = prompt;
    if (now && prompt) void this.check?.ask(prompt);
  }

  /** Once a second: shows what waits as soon as it may be shown, and asks for a check where nobody touches the page. */
  tick(calm: boolean, running: boolean): void {
    const { prompt } = this;
    if (this.isAsking || !this.check) return;
    if (prompt?.id !== undefined && this.patience.mayAsk(prompt.id, calm)) {
      if (performance.now() - this.triedAt < ASK_AGAIN_MS) return;
      this.triedAt = performance.now();
      void this.check.ask(prompt);
    } else if (!prompt && this.patience.isIdle(running)) void this.request('idle');
  }

  returned(): void {
    this.patience.returned();
  }

  /** The session is over: nothing more is asked in it. */
  drop(): void {
    this.prompt = null;
    this.check?.drop();
  }

  /** A check comes at once, because the learner wants to confirm what waits, or because nobody touched the page. */
  async request(kind: 'confirm' | 'idle'): Promise<void> {
    if (this.isAsking) return;
    try {
      this.take(await postJson<Prompt>(`${this.host.sessionUrl()}checks/`, { kind }), true);
    } catch (error) {
      if (kind === 'confirm')
        this.host.say(error instanceof Refusal ? error.message : (this.host.dataset['stringsNoNetwork'] ?? ''));
    }
  }

  private readonly onTouch = (): void => this.patience.touch();

  /** The server refuses what waited a moment after the miss; then it is known to the second. */
  private async missed(): Promise<Span[]> {
    let spans: Span[] = [];
    for (let time = 0; time < MISS_TRIES; time += 1) {
      const progress = await this.host.refresh();
      const refused = progress?.refused.filter((part) => part.reason === 'no_presence') ?? [];
      spans = refused.map((part): Span => [part.from, part.to]);
      if (progress?.unconfirmed_seconds === 0 && spans.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    return spans;
  }
}
