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

/** What the server asks of the page: `superseded`, `check_failed`, `daily_cap`, or `presence` (then with the check's `id`). */
export interface Prompt {
  kind: string;
  text?: string;
  id?: string;
  method?: string;
  deadline_s?: number;
}

export type CheckMethod = 'click_code' | 'sms_code' | 'camera' | 'supervised';

/** A check on the screen: what is asked in this `round`. `notice`: why the code is a new one. */
export interface CheckQuestion {
  id: string;
  result: null;
  method: CheckMethod;
  round: number;
  code: string;
  choices: string[];
  others: CheckMethod[];
  seconds_left: number;
  spoken: boolean;
  notice: string;
}

export interface CheckOutcome {
  id: string;
  result: 'passed' | 'failed' | 'lapsed';
  text: string;
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
  prompt?: Prompt | null;
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
  /** The part of the pending that waits for a passed check. */
  unconfirmed_seconds: number;
  prompt: Prompt | null;
  unit_seconds: number;
  today_left_seconds: number | null;
  modes: ModeLine[];
  settled_seq: number | null;
  closed: string | null;
}
