import { isObject, type JsonObject as Schema } from "./json.ts";

/** Depth from which everything optional in a schema is left out. */
const DEPTH = 6;

/**
 * A value that fits a JSON schema: every property, one element of a list, the first of several choices. Strings hold
 * `text`, so that an answer shows which request it belongs to. Patterns are not followed.
 */
export function valueFor(schema: unknown, text: string): unknown {
  return new Builder(schema, text).build(schema, 0);
}

class Builder {
  readonly #root: unknown;
  readonly #text: string;

  constructor(root: unknown, text: string) {
    this.#root = root;
    this.#text = text;
  }

  build(given: unknown, depth: number): unknown {
    const schema = this.#resolve(given);
    if ("const" in schema) return schema["const"];
    const choices = list(schema["enum"]);
    if (choices.length > 0) return choices[0];
    const options = [...list(schema["anyOf"]), ...list(schema["oneOf"])];
    if (options.length > 0) return this.build(this.#choose(options, depth), depth + 1);
    const types = list(schema["type"]).length > 0 ? list(schema["type"]) : [schema["type"]];
    const type = depth > DEPTH && types.includes("null") ? "null" : types[0];
    if (type === "object" || isObject(schema["properties"])) return this.#object(schema, depth);
    if (type === "array") return this.#array(schema, depth);
    if (type === "integer" || type === "number") return number(schema, type);
    if (type === "boolean") return true;
    if (type === "null") return null;
    return this.#string(schema);
  }

  #object(schema: Schema, depth: number): unknown {
    const required = list(schema["required"]);
    const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
    const chosen = properties.filter(([name]) => depth <= DEPTH || required.includes(name));
    return Object.fromEntries(chosen.map(([name, property]) => [name, this.build(property, depth + 1)]));
  }

  #array(schema: Schema, depth: number): unknown {
    const least = whole(schema["minItems"]) ?? 0;
    const most = whole(schema["maxItems"]) ?? Infinity;
    const length = Math.min(most, Math.max(least, depth > DEPTH ? 0 : 1));
    return Array.from({ length }, () => this.build(schema["items"] ?? {}, depth + 1));
  }

  #string(schema: Schema): string {
    const format = typeof schema["format"] === "string" ? schema["format"] : "";
    if (Object.hasOwn(FORMATS, format)) return FORMATS[format] as string;
    const least = whole(schema["minLength"]) ?? 0;
    return this.#text.padEnd(least, ".").slice(0, whole(schema["maxLength"]) ?? Infinity);
  }

  /** The first choice; beyond `DEPTH`, the one that ends soonest. */
  #choose(options: readonly unknown[], depth: number): unknown {
    if (depth <= DEPTH) return options[0];
    return options.find((option) => isObject(option) && option["type"] === "null") ?? options.at(-1);
  }

  /** Follows `$ref` and merges `allOf`. */
  #resolve(given: unknown): Schema {
    let schema: Schema = isObject(given) ? given : {};
    for (let hops = 0; typeof schema["$ref"] === "string" && hops < 32; hops++) {
      schema = find(this.#root, schema["$ref"]);
    }
    return list(schema["allOf"]).reduce<Schema>((merged, part) => merge(merged, this.#resolve(part)), schema);
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  duration: "P1D",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function number(schema: Schema, type: "integer" | "number"): number {
  const step = finite(schema["multipleOf"]) ?? 1;
  const above = finite(schema["exclusiveMinimum"]);
  const below = finite(schema["exclusiveMaximum"]);
  const least = finite(schema["minimum"]) ?? above ?? -Infinity;
  const most = finite(schema["maximum"]) ?? below ?? Infinity;
  let value = Math.ceil(Math.max(least, Math.min(1, most)) / step) * step;
  if (value === above) value += step;
  if (value <= most && value !== below) return value;
  // No multiple of the step lies between the bounds, or the highest one is not allowed.
  const lower = Math.floor(most / step) * step;
  const highest = lower === below ? lower - step : lower;
  if (highest >= least && highest !== above) return highest;
  return type === "number" ? (Math.max(least, -1e9) + Math.min(most, 1e9)) / 2 : highest;
}

function merge(left: Schema, right: Schema): Schema {
  const both = (name: string): object => ({
    ...(isObject(left[name]) ? left[name] : {}),
    ...(isObject(right[name]) ? right[name] : {}),
  });
  return {
    ...left,
    ...right,
    properties: both("properties"),
    required: [...list(left["required"]), ...list(right["required"])],
  };
}

function find(root: unknown, reference: string): Schema {
  let at: unknown = root;
  for (const part of reference.replace(/^#\/?/, "").split("/")) {
    if (part === "") continue;
    at = isObject(at) ? at[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return isObject(at) ? at : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function whole(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
