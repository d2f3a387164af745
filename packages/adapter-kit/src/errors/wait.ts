import { type HeadersLike, retryAfterMs } from "@batchwise/core";
import { type Fields, fieldsOf } from "../fields.ts";
import { durationMs, resetMs } from "../headers.ts";

/**
 * Milliseconds that a refusal's body asks to wait: google.rpc.RetryInfo in `details`, a field of its own, in it or beside it,
 * a time in its metadata, or words in its message. The longest of them; undefined where it says nothing.
 *
 * Sources, checked 2026-11-24: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto,
 * and the issues that the tests name.
 */
export function waitIn(error: Fields, body: Fields = error): number | undefined {
  const { details, metadata, message = error["error"] } = error;
  const infos = (Array.isArray(details) ? details : []).map((each) => delayOf(fieldsOf(each)?.["retryDelay"]));
  const fields = [body, error, fieldsOf(metadata), fieldsOf(details)].flatMap((each) =>
    Object.entries(each ?? {}).map(askedIn),
  );
  // OpenRouter's, of a model's host: a time at which its limit is whole again.
  const reset = resetMs(String(fieldsOf(fieldsOf(metadata)?.["headers"])?.["X-RateLimit-Reset"]));
  return longest([...infos, ...fields, reset, typeof message === "string" ? waitInWords(message) : undefined]);
}

/** A field that says how long: in seconds, unless its name or its text has another unit. */
function askedIn([name, value]: [string, unknown]): number | undefined {
  if (!/^(retry_?after|resets?_?in|wait)(_?(ms|milliseconds|s|seconds))?$/i.test(name)) return undefined;
  const text = String(value);
  const ms = resetMs(text);
  return ms !== undefined && /ms|milli/i.test(name) && /^[\d.]+$/.test(text) ? ms / 1000 : ms;
}

/** Milliseconds to wait: the longest that headers and body ask for. Neither 0, the past nor more than a year is a wait. */
export function waitOf(headers: HeadersLike | undefined, inBody: number | undefined): number | undefined {
  return longest([inBody, headers && retryAfterMs(headers), resetMs(headers?.get("retry-after")?.trim() ?? "")]);
}

function longest(waits: readonly (number | undefined)[]): number | undefined {
  const real = waits.filter((ms): ms is number => ms !== undefined && ms > 0 && ms <= YEAR_MS);
  return real.length === 0 ? undefined : Math.max(...real);
}

const YEAR_MS = 366 * 24 * 3_600_000;

/** A protobuf duration: `38.9s`, or `{ seconds, nanos }` as some libraries write it. */
function delayOf(delay: unknown): number | undefined {
  if (typeof delay === "string") return resetMs(delay);
  const { seconds = 0, nanos = 0 } = fieldsOf(delay) ?? {};
  return Number(seconds) * 1000 + Number(nanos) / 1_000_000;
}

/** The words decide nothing but how long: whether a call is tried again follows from status and code (P30). */
function waitInWords(message: string): number | undefined {
  return durationMs(ASKED.exec(message)?.[1] ?? "");
}

const SPAN = String.raw`(\d+(?:\.\d+)?)\s*(ms|milliseconds?|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])`;
/** "Please try again in 1m2.3s", "Please retry after 20 seconds", "Please wait 23 seconds before retrying". */
const ASKED = new RegExp(
  String.raw`\b(?:again|retry|retrying|wait|resets?|available)\s+(?:(?:in|after|for|about)\s+)*((?:${SPAN}[\s,]*)+)`,
  "i",
);
