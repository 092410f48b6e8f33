/** The one place where HTML enters the page: fragments that our own server rendered, same origin only. */

export async function fetchFragment(url: string, signal?: AbortSignal): Promise<Response> {
  if (new URL(url, location.href).origin !== location.origin) throw new TypeError('another origin');
  return fetch(url, {
    credentials: 'same-origin',
    headers: { Accept: 'text/html', 'HX-Request': 'true' },
    ...(signal ? { signal } : {}),
  });
}

/** `target` shows `html`; an unchanged fragment leaves the page, its focus and its scroll alone. True when it changed. */
export function showFragment(target: Element, html: string): boolean {
  const holder = document.createElement('template');
  // eslint-disable-next-line no-restricted-properties -- this is the place
  holder.innerHTML = html;
  const fresh = document.createElement(target.tagName);
  fresh.append(holder.content);
  if (fresh.isEqualNode(bare(target))) return false;
  target.replaceChildren(...fresh.childNodes);
  return true;
}

function bare(target: Element): Element {
  const copy = document.createElement(target.tagName);
  for (const child of target.childNodes) copy.append(child.cloneNode(true));
  return copy;
}
