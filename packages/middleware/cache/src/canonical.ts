/** A value that no text can stand for without doubt: a function, a symbol, a class's instance, or one that holds itself. */
export class NotCanonical extends Error {}

/**
 * One text for each value: two values have the same one only where they are equal in every part. The keys of an object
 * are in no order; `undefined`, -0, NaN, big integers and the bytes of typed arrays are told apart from what JSON makes
 * of them.
 *
 * @throws NotCanonical for a value that has no such text
 */
export function canonical(value: unknown): string {
  return write(value, []);
}

function write(value: unknown, holders: object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return value === null ? "null" : writeObject(value, holders);
    default:
      throw new NotCanonical(`a ${typeof value}`);
  }
}

function writeObject(value: object, holders: object[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  const bytesOf = BYTES.get(prototype);
  if (bytesOf !== undefined) return `${bytesOf}:${base64(value as Uint8Array)}`;
  if (holders.includes(value)) throw new NotCanonical("an object that holds itself");
  holders.push(value);
  const text = Array.isArray(value) ? writeArray(value, holders) : writePlain(value, prototype, holders);
  holders.pop();
  return text;
}

/** The kinds of bytes that have a text, by their prototype: an instance of a subclass may mean something else. */
const BYTES: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [Uint8Array.prototype, "Uint8Array"],
  [Buffer.prototype, "Buffer"],
  [Float32Array.prototype, "Float32Array"],
  [Float64Array.prototype, "Float64Array"],
]);

function base64(view: Uint8Array): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");
}

function writeArray(value: readonly unknown[], holders: object[]): string {
  // A hole or a named property would be lost. One more own key is `length`.
  if (Object.keys(value).length !== value.length || Reflect.ownKeys(value).length !== value.length + 1) {
    throw new NotCanonical("an array with holes or named properties");
  }
  return `[${value.map((each) => write(each, holders)).join(",")}]`;
}

function writePlain(value: object, prototype: unknown, holders: object[]): string {
  if (prototype !== Object.prototype && prototype !== null) throw new NotCanonical("an instance of a class");
  const names = Object.keys(value).toSorted();
  if (Reflect.ownKeys(value).length !== names.length) throw new NotCanonical("an object with hidden properties");
  const parts = names.map(
    (name) => `${JSON.stringify(name)}:${write((value as Record<string, unknown>)[name], holders)}`,
  );
  return `{${parts.join(",")}}`;
}
