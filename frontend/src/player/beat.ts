/** The wire of the player (lms/player/README.md). Milliseconds are of the page's monotonic clock, seconds of the video. */

export type Why = 'tick' | 'pause' | 'seek' | 'hidden' | 'end' | 'check';

/** One closed stretch of watching. The page never reports totals; the server judges each beat alone. */
export interface Beat {
  boot: string;
  seq: number;
  from_ms: number;
  to_ms: number;
  from_s: number;
  to_s: number;
  rate: number;
  why: Why;
}

/** What the server asks of the page: `superseded`, `daily_cap`, or a presence check (then with `id` and `deadline_s`). */
export interface Prompt {
  kind: string;
  text?: string;
  id?: string;
  deadline_s?: number;
}

/** The answer to `POST /api/v1/heartbeats/`; null = the server process does not know yet. */
export interface HeartbeatAnswer {
  accepted_seq: number | null;
  settled_seq: number | null;
  credited_seconds: number | null;
  pending_seconds: number | null;
  verdicts: { boot: string; seq: number; verdict: string }[] | null;
  prompt: Prompt | null;
}

/** The answer to `POST /api/v1/play-sessions/`. */
export interface PlaySession {
  session: string;
  token: string;
  next_seq: number;
  heartbeat_seconds: number;
  resume_position: number;
  duration_seconds: number;
  max_rate: number;
  today_left_seconds: number | null;
  notices: { code: string; text: string }[];
  playback: {
    master_url: string;
    native_url: string | null;
    poster_url: string | null;
    captions_url: string | null;
    captions_language: string | null;
  };
}

export type Span = [number, number];

export interface RefusedSpan {
  from: number;
  to: number;
  reason: string;
  text: string;
}

/** Which seconds of the video count already, count soon, or were watched and did not count. */
export interface Coverage {
  credited: Span[];
  pending: Span[];
  refused: RefusedSpan[];
}

export interface ModeLine {
  mode: string;
  credited_seconds: number;
  required_seconds: number;
}

/** The answer to `GET /api/v1/play-sessions/{session}/progress/`. */
export interface Progress extends Coverage {
  credited_seconds: number;
  pending_seconds: number;
  unit_seconds: number;
  today_left_seconds: number | null;
  modes: ModeLine[];
  settled_seq: number | null;
  closed: string | null;
}
