/** Kind and size of a value, never what it holds: it may be an input or a key. */
export function kindOf(value: unknown): string {
  if (value === "") return "an empty string";
  if (typeof value === "string") return `a string of length ${value.length}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Numbers and booleans as they are; kind and size of anything else. */
export function show(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}
