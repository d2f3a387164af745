/** An adapter's options, by name. */
type Options = Readonly<Record<string, unknown>>;

/** The JSON Schema of each option. */
export type Properties = Readonly<Record<string, Options | undefined>>;

export function propertiesOf(schema: Options): Properties {
  return (schema["properties"] ?? {}) as Properties;
}

/** Texts as the values that the schema wants. What cannot be read stays a text, for the schema to refuse. */
export function readOptions(given: Options, properties: Properties): Options {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === "string" ? readValue(value, typesOf(properties[name])) : value,
    ]),
  );
}

/** The types that an option may have: "string", "integer", ... */
export function typesOf(property: Options | undefined): readonly string[] {
  const type = property?.["type"];
  return (Array.isArray(type) ? type : [type]).filter((each): each is string => typeof each === "string");
}

/** Options that change how fast and for what price results come, and not which. */
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
 * What results depend on beside the input, for a cache: options with the schema's defaults, and the variables of the
 * environment that configure the same provider, such as OPENAI_BASE_URL. Neither keys nor the pace are part of it.
 */
export function identityOf(
  options: Options,
  properties: Properties,
  key: string | undefined,
  environment: NodeJS.ProcessEnv,
): object {
  const defaults = Object.entries(properties).map(([name, property]) => [name, property?.["default"]] as const);
  const all = { ...Object.fromEntries(defaults.filter(([, value]) => value !== undefined)), ...options };
  const isTold = (name: string): boolean => properties[name]?.["writeOnly"] !== true && !PACE.has(name);
  const prefix = key?.slice(0, key.indexOf("_") + 1) ?? "";
  return {
    options: Object.fromEntries(Object.entries(all).filter(([name]) => isTold(name))),
    environment: Object.fromEntries(
      Object.entries(environment).filter(([name]) => prefix !== "" && name.startsWith(prefix) && name !== key),
    ),
  };
}

function readValue(text: string, types: readonly string[]): unknown {
  if (types.length === 0 || types.includes("string")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
