import { identifyingOptions, type Properties } from "@batchwise/plugins";

/** Options of an adapter, by name. */
type Options = Readonly<Record<string, unknown>>;

/** Reads texts as values of the schema's types. A text that cannot be read stays one, for the schema to refuse. */
export function readOptions(given: Options, properties: Properties): Options {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === "string" ? readValue(value, typesOf(properties[name])) : value,
    ]),
  );
}

/** Types that an option may have: "string", "integer", ... */
export function typesOf(property: Options | undefined): readonly string[] {
  const type = property?.["type"];
  return (Array.isArray(type) ? type : [type]).filter((each): each is string => typeof each === "string");
}

/** Options with a key that is none, where none is given: an estimate sends nothing. */
export function withAnyKey(options: Options, key: string | undefined, env: NodeJS.ProcessEnv): Options {
  const isMissing = key !== undefined && (env[key] ?? "") === "" && options["apiKey"] === undefined;
  return isMissing ? { ...options, apiKey: "none" } : options;
}

/**
 * Identity of results besides the input, for a cache: options with the schema's defaults, and the environment variables
 * of the same provider, such as OPENAI_BASE_URL. Neither keys nor the pace are part of it.
 */
export function identityOf(
  options: Options,
  properties: Properties,
  key: string | undefined,
  env: NodeJS.ProcessEnv,
): { readonly options: Options; readonly environment: Options } {
  const prefix = key?.slice(0, key.indexOf("_") + 1) ?? "";
  return {
    options: identifyingOptions(options, properties),
    environment: Object.fromEntries(
      Object.entries(env).filter(([name]) => prefix !== "" && name.startsWith(prefix) && name !== key),
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
