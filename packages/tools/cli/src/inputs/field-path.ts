import { parseExact } from "./exact-json.ts";

/** Value of a field, by its whole name or by a path into it, such as `user.name`; undefined where there is none. */
export function valueAt(record: unknown, name: string): unknown {
  if (typeof record !== "object" || record === null) return undefined;
  const found =
    prefixOf(name, (prefix) => (Object.hasOwn(record, prefix) ? prefix : undefined)) ??
    prefixOf(name, (prefix) => alike(Object.keys(record), prefix));
  if (found === undefined) return undefined;
  const value = (record as Readonly<Record<string, unknown>>)[found.key];
  return found.prefix === name ? value : valueAt(jsonIn(value), name.slice(found.prefix.length + 1));
}

/** Value of a text that is JSON of an object or a list, as cells of tables hold it; any other value as it is. */
function jsonIn(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseExact(value);
  } catch {
    return value;
  }
}

/** Column that a field's name or path begins with; undefined where there is none. */
export function columnOf(columns: readonly string[], name: string): string | undefined {
  const found =
    prefixOf(name, (prefix) => (columns.includes(prefix) ? prefix : undefined)) ??
    prefixOf(name, (prefix) => alike(columns, prefix));
  return found?.key;
}

/**
 * Name that looks the same: with spaces around it or of another width, with characters that are not seen, or composed in
 * another way, as macOS writes `é` as two characters.
 */
function alike(names: readonly string[], wanted: string): string | undefined {
  const look = lookOf(wanted);
  return names.find((name) => lookOf(name) === look);
}

function lookOf(name: string): string {
  return name
    .normalize("NFKC")
    .replaceAll(/\p{Cf}/gu, "")
    .trim();
}

/** Longest beginning of a path that is a name: a name may have dots of its own. */
function prefixOf(
  name: string,
  keyOf: (prefix: string) => string | undefined,
): { readonly prefix: string; readonly key: string } | undefined {
  for (let prefix = name; ; prefix = prefix.slice(0, prefix.lastIndexOf("."))) {
    const key = keyOf(prefix);
    if (key !== undefined) return { prefix, key };
    if (!prefix.includes(".")) return undefined;
  }
}
