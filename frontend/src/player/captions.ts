/**
 * Shows the captions as text over the picture, above the bar: one look in every browser, and they grow with 大字版. In the
 * full-screen player of an iPhone, which shows nothing of ours, the browser draws them itself.
 */

export class Captions {
  on = true;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly place: HTMLElement | null,
  ) {
    video.addEventListener('webkitbeginfullscreen', () => this.apply(true));
    video.addEventListener('webkitendfullscreen', () => this.apply(false));
  }

  add(url: string, language: string, label: string): void {
    if (this.video.querySelector('track')) return;
    const track = document.createElement('track');
    track.kind = 'captions';
    track.src = url;
    track.srclang = language;
    track.label = label;
    this.video.append(track);
    track.track.addEventListener('cuechange', () => this.show());
    this.apply(false);
  }

  toggle(): void {
    this.on = !this.on;
    this.apply(false);
    this.show();
  }

  private apply(native: boolean): void {
    for (const track of this.video.textTracks) track.mode = this.on ? (native ? 'showing' : 'hidden') : 'disabled';
  }

  private show(): void {
    if (!this.place) return;
    const lines: string[] = [];
    for (const track of this.video.textTracks) {
      if (this.on) for (const cue of track.activeCues ?? []) lines.push(textOf(cue));
    }
    const text = lines.join('\n');
    this.place.hidden = text === '';
    const words = this.place.querySelector('span');
    if (words) words.textContent = text;
  }
}

function textOf(cue: TextTrackCue): string {
  return 'text' in cue && typeof cue.text === 'string' ? cue.text.replace(/<[^>]*>/g, '') : '';
}
