/** Value of a field, by its whole name or by a path into it, such as `user.name`; undefined where there is none. */
export function valueAt(record: unknown, name: string): unknown {
  if (typeof record !== "object" || record === null) return undefined;
  const key = prefixOf(name, (prefix) => Object.hasOwn(record, prefix));
  if (key === undefined) return undefined;
  const value = (record as Readonly<Record<string, unknown>>)[key];
  return key === name ? value : valueAt(value, name.slice(key.length + 1));
}

/** Column that a field's name or path begins with; undefined where there is none. */
export function columnOf(columns: readonly string[], name: string): string | undefined {
  return prefixOf(name, (prefix) => columns.includes(prefix));
}

/** Longest beginning of a path that is a name: a name may have dots of its own. */
function prefixOf(name: string, isName: (prefix: string) => boolean): string | undefined {
  for (let prefix = name; ; prefix = prefix.slice(0, prefix.lastIndexOf("."))) {
    if (isName(prefix)) return prefix;
    if (!prefix.includes(".")) return undefined;
  }
}
