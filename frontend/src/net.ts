/** JSON over HTTP with the CSRF token; a refusal becomes a `Refusal` that carries the words of the server. */

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: unknown = null,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? '';
}

/** The parsed answer. Throws `Refusal` for any 4xx/5xx, `TypeError` when there is no network. */
export async function fetchJson<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { credentials: 'same-origin', ...init });
  const body = parsed(await response.text());
  if (!response.ok) {
    const problem = (body ?? {}) as { detail?: string; title?: string };
    throw new Refusal(response.status, problem.detail ?? problem.title ?? String(response.status), body);
  }
  return body as T;
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export function postJson<T>(url: string, data: unknown, init: RequestInit = {}): Promise<T> {
  return fetchJson<T>(url, {
    method: 'POST',
    body: JSON.stringify(data),
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': csrfToken() },
    ...init,
  });
}

/** True when trying again may help: no network, timeout, 429 and 5xx. */
export function worthRetry(error: unknown): boolean {
  return !(error instanceof Refusal) || error.status === 408 || error.status === 429 || error.status >= 500;
}

/** Milliseconds to wait before try number `attempt` (0 = first repeat): doubles from `base`, ±25 %, never above `max`. */
export function backOff(attempt: number, base = 1000, max = 60_000, random: () => number = Math.random): number {
  const plain = Math.min(max, base * 2 ** Math.min(attempt, 16));
  return Math.min(max, Math.round(plain * (0.75 + random() / 2)));
}
