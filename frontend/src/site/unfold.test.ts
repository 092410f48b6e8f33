import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unfoldByLink } from './unfold';

function part(id: string): HTMLDetailsElement {
  const found = document.getElementById(id);
  if (!(found instanceof HTMLDetailsElement)) throw new Error(`no details ${id}`);
  return found;
}

describe('unfolding', () => {
  beforeEach(() => {
    HTMLElement.prototype.scrollIntoView = () => undefined;
    document.body.innerHTML =
      '<details id="s1"><summary>1</summary></details><details id="t" data-print-open><summary>2</summary></details>';
  });
  afterEach(() => {
    history.replaceState(null, '', '/');
  });

  it('opens what the address names, and its summary has the focus', () => {
    history.replaceState(null, '', '#s1');
    unfoldByLink(document, window);
    expect(part('s1').open).toBe(true);
    expect(document.activeElement).toBe(part('s1').querySelector('summary'));
    expect(part('t').open).toBe(false);
  });

  it('opens what a link inside the page leads to', () => {
    unfoldByLink(document, window);
    history.replaceState(null, '', '#s1');
    window.dispatchEvent(new Event('hashchange'));
    expect(part('s1').open).toBe(true);
  });

  it('shows folded tables on paper only', () => {
    unfoldByLink(document, window);
    window.dispatchEvent(new Event('beforeprint'));
    expect(part('t').open).toBe(true);
    expect(part('s1').open).toBe(false);
    window.dispatchEvent(new Event('afterprint'));
    expect(part('t').open).toBe(false);
  });
});
