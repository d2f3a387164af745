import { createHash } from "node:crypto";

/** An adapter's options, by name. */
export type Options = Readonly<Record<string, unknown>>;

/** The schema of each of them. */
export type Properties = Readonly<Record<string, Options | undefined>>;

export function propertiesOf(schema: Options): Properties {
  return (schema["properties"] ?? {}) as Properties;
}

/** Whether an option may hold a key. */
export function isSecret(property: Options | undefined): boolean {
  return property?.["writeOnly"] === true;
}

/** The options, with those that were left out as the adapter takes them. */
export function withDefaults(options: Options, properties: Properties): Options {
  const defaults = Object.entries(properties).map(([name, property]) => [name, property?.["default"]] as const);
  return { ...Object.fromEntries(defaults.filter(([, value]) => value !== undefined)), ...options };
}

/** Options that change how fast and for what price vectors come, and not which: words of Batchwise's own contract. */
const PACE: ReadonlySet<string> = new Set([
  "requestsPerMinute",
  "tokensPerMinute",
  "inputsPerMinute",
  "maxConcurrency",
  "retry",
  "timeoutMs",
  "request",
  "price",
]);

/**
 * Tells apart options that make other vectors: the same for the same ones in any order, defaults written out or not.
 * Neither a key nor the pace is in it, nor what may be a password in an address.
 */
export function digestOf(options: Options, properties: Properties): string {
  const told = Object.entries(withDefaults(options, properties))
    .filter(([name]) => !isSecret(properties[name]) && !PACE.has(name))
    .map(([name, value]) => [name, typeof value === "string" ? withoutSecrets(value) : value] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 12);
}

/** Undefined for the usual one, and where it is no address. */
export function hostOf(address: unknown, usual: unknown): string | undefined {
  const host = hostIn(address);
  return host === hostIn(usual) ? undefined : host;
}

function hostIn(address: unknown): string | undefined {
  return typeof address === "string" ? URL.parse(address)?.host : undefined;
}

function withoutSecrets(text: string): string {
  const address = /^https?:/.test(text) ? URL.parse(text) : null;
  return address === null ? text : address.host + address.pathname;
}
