/** Parts that are the caller's own data, whose names stay as they are. */
const OPAQUE: ReadonlySet<string> = new Set(["jsonSchema", "parameters", "data"]);

/** A request of the SDK with the names that the API has: the SDK writes them itself, but only while it sends. */
export function toWire(value: object): object {
  if (Array.isArray(value)) return value.map(wired);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [snake(name), OPAQUE.has(name) ? part : wired(part)]),
  );
}

function wired(value: unknown): unknown {
  return typeof value === "object" && value !== null ? toWire(value) : value;
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
