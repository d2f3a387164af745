/** Headers of a response, as `fetch` and every SDK give them. */
export interface HeadersLike {
  get(name: string): string | null | undefined;
}

/**
 * Milliseconds that a response asks to wait before the next call: `retry-after-ms`, else `retry-after` in
 * seconds or as an HTTP date. Undefined where there is none, or one that makes no sense.
 *
 * @param now the time of day in milliseconds, against which a date is held. @default Date.now()
 *
 * Source: RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's and Azure's. Checked 2026-11-24.
 */
export function retryAfterMs(headers: HeadersLike, now: number = Date.now()): number | undefined {
  const milliseconds = amount(headers.get("retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds;
  const text = headers.get("retry-after");
  const seconds = amount(text);
  if (seconds !== undefined) return seconds * 1000;
  // Every form of an HTTP date begins with the day of the week; Date.parse also takes what is none.
  const date = /^[A-Z][a-z]{2}/.test(text?.trim() ?? "") ? Date.parse(text as string) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function amount(text: string | null | undefined): number | undefined {
  return /^\s*\d+(\.\d+)?\s*$/.test(text ?? "") ? Number(text) : undefined;
}
