import { type HeadersLike, retryAfterMs } from "@batchwise/core";
import { fieldsOf, textIn } from "../fields.ts";
import { durationMs, resetMs } from "../headers.ts";
import { snake } from "./causes.ts";

/**
 * Milliseconds that a refusal's body asks to wait, wherever it says so: google.rpc.RetryInfo, a field of its own, or words in
 * a text. The longest of them; undefined where it says nothing.
 *
 * Sources, checked 2026-11-24: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto,
 * and the issues that the tests name.
 */
export function waitIn(body: unknown, levels: number = LEVELS): number | undefined {
  // A page may have any words. The openai package puts the status before it.
  if (typeof body === "string")
    return /^(\d{3})?\s*</.test(body) ? undefined : longest([waitInWords(body.slice(0, LONGEST))]);
  const fields = levels > 0 ? Object.entries(fieldsOf(body) ?? {}).slice(0, MOST) : [];
  return longest(fields.flatMap((field) => [askedIn(field), waitIn(field[1], levels - 1)]));
}

/** Levels, fields of each, and characters of a text that are looked at: what an error says of a wait is near its top. */
const LEVELS = 5;
const MOST = 32;
const LONGEST = 2000;

/** A field that says how long or until when: in seconds, unless its name or its text has another unit. */
function askedIn([name, value]: readonly [string, unknown]): number | undefined {
  const [asking, unit] = ASKING.exec(snake(name)) ?? [];
  if (asking === undefined) return undefined;
  const { seconds, nanos = 0 } = fieldsOf(value) ?? {};
  // A duration as some libraries of Protocol Buffers write it.
  if (seconds !== undefined) return Number(seconds) * 1000 + Number(nanos) / 1_000_000;
  const text = String(value);
  return unit !== undefined && /^[\d.]+$/.test(text) ? durationMs(text + unit) : resetMs(text);
}

const ASKING =
  /^(?:x_rate_?limit_)?(?:retry_?(?:after|in|at|delay)|resets?(?:_?(?:in|at|after|time))?|wait(?:_time)?|cool_?down)(?:_(ms|milli\w*|s|sec\w*|min\w*))?$/;

/** Milliseconds to wait: the longest that headers and body ask for. Neither 0, the past nor more than a year is a wait. */
export function waitOf(headers: HeadersLike | undefined, inBody: number | undefined): number | undefined {
  return longest([inBody, ...(headers === undefined ? [] : [retryAfterMs(headers), ...waitsIn(headers)])]);
}

/** Waits in `retry-after`, of which a proxy may have added another one, and the reset of a limit of which nothing is left. */
function waitsIn(headers: HeadersLike): (number | undefined)[] {
  const asked = (headers.get("retry-after") ?? "").split(",").map((each) => each.trim());
  const spent = ["x-ratelimit", "ratelimit"].filter((name) => headers.get(`${name}-remaining`)?.trim() === "0");
  const resets = spent.map((name) => resetMs(textIn(headers.get(`${name}-reset`))?.trim() ?? ""));
  return [...asked.map((each) => resetMs(each) ?? waitInWords(`wait ${each}`)), ...resets, ...policiesIn(headers)];
}

/**
 * Waits of the policies in `ratelimit` of which nothing is left: `"day";r=0;t=55, "minute";r=3;t=9`, or in an older form
 * `limit=100, remaining=0, reset=50`. Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers, checked 2026-11-30.
 */
function policiesIn(headers: HeadersLike): (number | undefined)[] {
  const text = headers.get("ratelimit") ?? "";
  const policies = text.includes("remaining") ? [text] : text.split(",");
  const spent = policies.filter((each) => /\b(r|remaining)=0(?!\d)/.test(each));
  return spent.map((each) => resetMs(/\b(?:t|reset)=(\d+)/.exec(each)?.[1] ?? ""));
}

function longest(waits: readonly (number | undefined)[]): number | undefined {
  const real = waits.filter((ms): ms is number => ms !== undefined && ms > 0 && ms <= YEAR_MS);
  return real.length === 0 ? undefined : Math.max(...real);
}

const YEAR_MS = 366 * 24 * 3_600_000;

/** The words decide nothing but how long: whether a call is tried again follows from status and code (P30). */
function waitInWords(text: string): number | undefined {
  const [, time, span = ""] = ASKED.exec(text) ?? [];
  if (time !== undefined) return resetMs(time.replace(" ", "T").replace(/ ?(UTC|GMT)$/, "Z"));
  return durationMs(span || (ASKED_IN_HAN.exec(text)?.slice(1).find(textIn) ?? ""));
}

const NUMBER = String.raw`\d+(?:\.\d+)?\s*`;
const SPAN = String.raw`(?:${NUMBER}(?:ms|milliseconds?|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])[\s,]*)+`;
const TIME = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| ?UTC| ?GMT|[+-]\d\d:\d\d)`;
/**
 * "Please try again in 1m2.3s", "Please retry your request after 20 seconds", "Please wait 23 seconds before retrying", "Limit
 * resets at 2026-11-24 08:00:00 UTC". No other number is between.
 */
const ASKED = new RegExp(
  String.raw`\b(?:again|retry|retrying|wait|cooldown|resets?|available in)\b[^\d.]{0,40}(?:(${TIME})|(${SPAN}))`,
  "i",
);
const HAN = String.raw`(?:${NUMBER}(?:毫秒|秒钟?|分钟|分鐘|分|小时|小時|時間|天)\s*)+`;
/** "请在 30 秒后重试", "请等待 1 分钟", "30秒後に再試行してください". */
const ASKED_IN_HAN = new RegExp(String.raw`(${HAN})(?:之|以)?[后後]|[等候][^\d]{0,4}(${HAN})`);
