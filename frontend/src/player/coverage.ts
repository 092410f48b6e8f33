/** Draws which seconds count: the bar, its words for those who do not see it, and the parts to watch again. */
import { clockText } from '../elements/lms-countdown';
import type { Coverage, Span } from './beat';
import { openRefusals, union } from './spans';

const SVG = 'http://www.w3.org/2000/svg';
const MOST_REFUSALS = 3;
/** Holes too small to be seen or watched again are drawn over. */
const SEAM_S = 0.5;

/** `bar` (an <svg class="coverage">) shows `coverage` of a unit of `length` seconds. `label` may hold {credited} {total}. */
export function drawBar(bar: Element, coverage: Coverage, length: number, credited: number, label: string): void {
  const lines: SVGPathElement[] = [];
  const draw = (kind: string, spans: Span[]): void => {
    for (const [from, to] of union(spans, SEAM_S)) {
      const line = document.createElementNS(SVG, 'path');
      line.setAttribute('class', `cover-${kind}`);
      line.setAttribute('d', `M${from} 6H${to}`);
      lines.push(line);
    }
  };
  draw(
    'refused',
    openRefusals(coverage).map((one): Span => [one.from, one.to]),
  );
  draw('pending', coverage.pending);
  draw('credited', coverage.credited);
  bar.setAttribute('viewBox', `0 0 ${Math.max(1, length)} 12`);
  bar.setAttribute(
    'aria-label',
    label.replace('{credited}', clockText(credited)).replace('{total}', clockText(length)),
  );
  bar.replaceChildren(...lines);
}

/**
 * `list` shows the last few parts that were watched but do not count, each made from `<template>` `row`:
 * `[data-when]` 12:05–13:20, `[data-why]` the reason, `[data-jump]` the button to that second.
 */
export function listRefusals(list: Element, row: HTMLTemplateElement, coverage: Coverage): void {
  const rows = openRefusals(coverage)
    .slice(-MOST_REFUSALS)
    .map((one) => {
      const item = row.content.cloneNode(true) as DocumentFragment;
      const when = item.querySelector('[data-when]');
      const why = item.querySelector('[data-why]');
      if (when) when.textContent = `${clockText(one.from)}–${clockText(one.to)}`;
      if (why) why.textContent = one.text;
      item.querySelector('[data-jump]')?.setAttribute('data-jump', String(one.from));
      return item;
    });
  list.replaceChildren(...rows);
}

/** Credited seconds as periods, never rounded up, with a decimal where there is one: 33480 s of 2700 → "12.4", 5400 → "2". */
export function periodsText(seconds: number, period: number): string {
  const tenths = Math.floor((seconds * 10) / period);
  const whole = String(Math.floor(tenths / 10)).replace(/\B(?=(\d{3})+$)/g, ',');
  return tenths % 10 === 0 ? whole : `${whole}.${tenths % 10}`;
}
