import type { CallReport, HeadersLike, LimitFacts } from "@batchwise/core";

/** Headers as the AI SDK gives them: names in lower case. */
export type ModelHeaders = Readonly<Record<string, string | undefined>> | undefined;

/**
 * What a response's headers say beside its answer: the request's id, and OpenAI's limits a minute
 * (`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`). Others use the same names for limits a day: theirs are not
 * read.
 *
 * Source: https://developers.openai.com/api/docs/guides/rate-limits, checked 2026-11-24.
 */
export function factsIn(headers: ModelHeaders, provider: string): CallReport {
  const requestId = headers?.["x-request-id"] ?? headers?.["request-id"];
  const isOpenAI = /^(openai|azure)\b/.test(provider);
  const requests = isOpenAI ? limitIn(headers, "requests") : undefined;
  const tokens = isOpenAI ? limitIn(headers, "tokens") : undefined;
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(requests === undefined && tokens === undefined
      ? {}
      : { limits: { ...(requests && { requests }), ...(tokens && { tokens }) } }),
  };
}

export function headersLike(headers: ModelHeaders): HeadersLike {
  return { get: (name) => headers?.[name] };
}

function limitIn(headers: ModelHeaders, pool: string): LimitFacts | undefined {
  const limit = numberIn(headers?.[`x-ratelimit-limit-${pool}`], 1);
  const remaining = numberIn(headers?.[`x-ratelimit-remaining-${pool}`], 0);
  const resetMs = durationIn(headers?.[`x-ratelimit-reset-${pool}`]);
  if (limit === undefined && remaining === undefined) return undefined;
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetMs === undefined ? {} : { resetMs }),
  };
}

/** Azure sends 0 or -1 for a limit that it does not tell. */
function numberIn(text: string | undefined, least: number): number | undefined {
  const value = text?.trim() ? Number(text) : Number.NaN;
  return Number.isFinite(value) && value >= least ? value : undefined;
}

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1s`, `6m0s`, `20ms`, or a bare number of seconds, in milliseconds. */
function durationIn(text: string = ""): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * MILLISECONDS.s;
  if (!/^(\d+(\.\d+)?(ms|d|h|m|s))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)) {
    sum += Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
  }
  return sum;
}
