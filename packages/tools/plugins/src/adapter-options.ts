/** An adapter's options, or a JSON Schema, by name. */
type Options = Readonly<Record<string, unknown>>;

/** The JSON Schema of each option. */
export type Properties = Readonly<Record<string, Options | undefined>>;

/** The schemas of an adapter's options, out of the schema of all of them. */
export function propertiesOf(schema: Options): Properties {
  return (schema["properties"] ?? {}) as Properties;
}

/** Whether an option may hold a key: its schema is marked `writeOnly`. */
export function isSecret(property: Options | undefined): boolean {
  return property?.["writeOnly"] === true;
}

/** The options, with those that were left out as the schema says that the adapter takes them. */
export function withDefaults(options: Options, properties: Properties): Options {
  const defaults = Object.entries(properties).map(([name, property]) => [name, property?.["default"]] as const);
  return { ...Object.fromEntries(defaults.filter(([, value]) => value !== undefined)), ...options };
}

/** Options that change how fast and for what price results come, and not which: words of Batchwise's own contract. */
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

/** The options on which results depend, defaults written out: without keys, and without the pace of calls. */
export function identifyingOptions(options: Options, properties: Properties): Options {
  const all = Object.entries(withDefaults(options, properties));
  return Object.fromEntries(all.filter(([name]) => !isSecret(properties[name]) && !PACE.has(name)));
}
