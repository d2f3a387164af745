/** Headers of a response, as `fetch` and every SDK give them. */
export interface HeadersLike {
  get(name: string): string | null | undefined;
}

/**
 * Milliseconds that a response asks to wait before the next call: the longer one of `retry-after-ms` and of `retry-after`
 * in seconds or as an HTTP date. Undefined where there is none, or one that makes no sense; 0 and a date that is past are
 * none (Azure sends `retry-after-ms: 0` with `retry-after: 1`).
 *
 * @param now the time of day in milliseconds, against which a date is held. @default Date.now()
 *
 * Source: RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's and Azure's. Checked 2026-11-24.
 */
export function retryAfterMs(headers: HeadersLike, now: number = Date.now()): number | undefined {
  const text = headers.get("retry-after") ?? "";
  // Every form of an HTTP date begins with the day of the week; Date.parse also takes what is none.
  const date = /^[A-Z][a-z]{2}/.test(text.trim()) ? Date.parse(text) - now : Number.NaN;
  const longest = Math.max(amount(headers.get("retry-after-ms") ?? ""), amount(text) * 1000, date || 0);
  return longest > 0 ? longest : undefined;
}

function amount(text: string): number {
  return /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : 0;
}
