// The API: requests with our credentials, and its problem documents as errors.

/** What the API refused, or why it could not be asked; the message is for people. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
  ) {
    super(message);
  }
}

/** Milliseconds that an answer may take. */
const PATIENCE = 15_000;

/** Who is signed in, as `GET /v1/whoami` tells. */
export interface Who {
  login: string;
  role: string;
  customer: number;
  customer_name: string;
  rights: string[];
  /** What is not shown in full. */
  masks: { numbers: boolean; names: boolean; media: boolean };
}

/** Speaks to `/v1` with one set of credentials, which go nowhere else: the browser's own are left out. */
export class Api {
  constructor(private readonly authorization: string) {}

  get<T>(path: string): Promise<T> {
    return this.#ask<T>("GET", path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.#ask<T>("POST", path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.#ask<T>("DELETE", path);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { Authorization: this.authorization, Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const signal = AbortSignal.timeout(PATIENCE);
    const options: RequestInit = { method, headers, credentials: "omit", cache: "no-store", signal };
    if (body !== undefined) options.body = JSON.stringify(body);
    const answer = await fetch(`/v1${path}`, options).catch(() => {
      throw new Problem("Callboard does not answer.", 0, "unreachable");
    });
    const content: unknown = await answer.json().catch(() => null);
    if (answer.ok && content !== null) return content as T;
    if (answer.ok) throw new Problem("What answered is not Callboard, but something in between.", 0, "unreachable");
    throw problem(answer.status, content);
  }
}

function problem(status: number, content: unknown): Problem {
  const told = (content ?? {}) as { detail?: unknown; title?: unknown; code?: unknown };
  const message = [told.detail, told.title].find((text) => typeof text === "string" && text !== "");
  return new Problem(
    sentence(String(message ?? `Callboard answered with status ${status}`)),
    status,
    String(told.code ?? ""),
  );
}

/** With a capital in front and a full stop behind. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** The Authorization header of a name and password (RFC 7617, in UTF-8). */
export function basic(name: string, password: string): string {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** The Authorization header of a token (RFC 6750). */
export function bearer(token: string): string {
  return `Bearer ${token.trim()}`;
}

/** Whether Callboard itself does not want these credentials; a proxy's own page is no word of its. */
export function isRefusal(error: unknown): error is Problem {
  return error instanceof Problem && (error.status === 401 || error.status === 403) && error.code !== "";
}

/** Whether another attempt may well go better: nobody answered, or nobody who could. */
export function isPassing(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 500);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
