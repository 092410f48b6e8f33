/** Sums of half-open spans of the video, in seconds. */
import type { Coverage, RefusedSpan, Span } from './beat';

/** The same seconds as `spans`, sorted and without overlap; holes up to `join` seconds are closed. */
export function union(spans: readonly Span[], join = 0): Span[] {
  const out: Span[] = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = out[out.length - 1];
    if (to <= from) continue;
    if (last && from <= last[1] + join) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

/** The seconds of `spans` that are in none of `holes`. */
export function subtract(spans: readonly Span[], holes: readonly Span[]): Span[] {
  let rest = union(spans);
  for (const [low, high] of union(holes)) {
    rest = rest.flatMap(([from, to]): Span[] =>
      high <= from || low >= to
        ? [[from, to]]
        : (
            [
              [from, low],
              [high, to],
            ] as Span[]
          ).filter(([a, b]) => b > a),
    );
  }
  return rest;
}

/** Seconds that still have to be watched, longest standing first; shorter ones than `least` are measuring noise. */
export function gaps(coverage: Coverage, length: number, least = 1): Span[] {
  return subtract([[0, length]], [...coverage.credited, ...coverage.pending]).filter(
    ([from, to]) => to - from >= least,
  );
}

/** Refused parts that were not watched again since, by place. */
export function openRefusals(coverage: Coverage, least = 1): RefusedSpan[] {
  const covered = [...coverage.credited, ...coverage.pending];
  return coverage.refused
    .flatMap((one) => subtract([[one.from, one.to]], covered).map(([from, to]) => ({ ...one, from, to })))
    .filter((one) => one.to - one.from >= least)
    .sort((a, b) => a.from - b.from);
}

/** How far the learner has come: the furthest second that was ever watched. */
export function frontier(coverage: Coverage): number {
  return Math.max(
    0,
    ...coverage.credited.map((span) => span[1]),
    ...coverage.pending.map((span) => span[1]),
    ...coverage.refused.map((one) => one.to),
  );
}
