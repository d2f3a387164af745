import { hash } from "node:crypto";
import type { RunOptions } from "../options.ts";
import { jsonOf } from "../outputs/json.ts";

/** Hash of everything that rows depend on besides the input, by its name for the user. No value stands in it. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Identity of an adapter's results besides the input. */
export interface AdapterIdentity {
  /** `<package>#<adapter>`. */
  readonly adapter: string;
  /** Its options with their defaults, without keys and pace. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Options of a run on which no row depends. All others, new ones too, are part of the fingerprint. */
const OTHERS: ReadonlySet<string> = new Set<keyof RunOptions>([
  "adapter",
  "set",
  "input",
  "format",
  "output",
  "overwrite",
  "resume",
  "retryFailed",
  "concurrency",
  "maxCost",
  "maxTokens",
  "timeoutMs",
  "attempts",
  "maxFailures",
  "dedupe",
  "limit",
  "estimate",
  "cache",
  "cacheErrors",
  "offline",
  "jobs",
  "report",
  "quiet",
]);

export function fingerprintOf(options: RunOptions, { adapter, options: set }: AdapterIdentity): Fingerprint {
  const own = Object.entries(options).filter(([name]) => !OTHERS.has(name));
  return hashesOf([
    ["the adapter", adapter],
    ...Object.entries(set).map(([name, value]) => [`--set ${name}`, value] as const),
    ...own.map(
      ([name, value]) => [`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value] as const,
    ),
  ]);
}

/** Hashes of the options on which offline jobs depend, though no row does. @param folder that of their journal */
export function jobsFingerprintOf({ cache, dedupe, retryFailed }: RunOptions, folder: string): Fingerprint {
  return hashesOf([
    ["--jobs", folder],
    ["--cache", cache],
    ["--dedupe", dedupe === true],
    ["--retry-failed", retryFailed === true],
  ]);
}

function hashesOf(values: readonly (readonly [name: string, value: unknown])[]): Fingerprint {
  const there = values.filter(([, value]) => value !== undefined);
  return Object.fromEntries(there.map(([name, value]) => [name, hash("sha256", jsonOf(sorted(value))).slice(0, 16)]));
}

/** Names of what differs. */
export function differencesOf(one: Fingerprint, other: Fingerprint): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => one[name] !== other[name]);
}

/** The same value, with the names of objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
