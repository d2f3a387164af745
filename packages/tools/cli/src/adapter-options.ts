import { identifyingOptions, type Properties } from "@batchwise/plugins";

/** An adapter's options, by name. */
type Options = Readonly<Record<string, unknown>>;

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
  const prefix = key?.slice(0, key.indexOf("_") + 1) ?? "";
  return {
    options: identifyingOptions(options, properties),
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
