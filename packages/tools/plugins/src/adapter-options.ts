/** An adapter's options, or a JSON Schema, by name. */
type Options = Readonly<Record<string, unknown>>;

/** JSON Schema of each option. */
export type Properties = Readonly<Record<string, Options | undefined>>;

/** Schema of each of an adapter's options, from the schema of all of them. */
export function propertiesOf(schema: Options): Properties {
  return (schema["properties"] ?? {}) as Properties;
}

/** Tells whether an option may hold a key: its schema is marked `writeOnly`. */
export function isSecret(property: Options | undefined): boolean {
  return property?.["writeOnly"] === true;
}

/** The options, with the schema's defaults for those that were left out. */
export function withDefaults(options: Options, properties: Properties): Options {
  const defaults = Object.entries(properties).map(([name, property]) => [name, property?.["default"]] as const);
  return { ...Object.fromEntries(defaults.filter(([, value]) => value !== undefined)), ...options };
}

/** Options of Batchwise's own contract that change the speed and the price of results, and not the results. */
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

/** Options on which results depend, defaults written out: without keys, and without the pace of calls. */
export function identifyingOptions(options: Options, properties: Properties): Options {
  const all = Object.entries(withDefaults(options, properties));
  return Object.fromEntries(all.filter(([name]) => !isSecret(properties[name]) && !PACE.has(name)));
}
