import { endianness } from "node:os";
import zlib from "node:zlib";

/** Turns outputs into bytes and back, for what JSON would change. */
export interface ValueCodec<Output> {
  /** @throws whatever: the output is then returned and not saved */
  encode(output: Output): Uint8Array;
  /** @throws whatever: the input is then sent again */
  decode(bytes: Uint8Array): Output;
}

/** A value that was read, and when it was saved (milliseconds since 1970). */
export interface Decoded<Output> {
  readonly value: Output;
  readonly savedAt: number;
}

/**
 * Bytes of an entry: a tag that says how the value is written (1 byte), when it was saved (8 bytes, float64), a checksum
 * over all of it and the key (4 bytes, CRC-32), and the value. Numbers are little-endian.
 */
const HEADER_BYTES = 13;
const CHECKSUM_AT = 9;
const TAGS = { undefined: 0, json: 1, float32: 2, codec: 3 } as const;

/** An entry's bytes; undefined for a value that would not come back as it is. @throws what `codec` throws */
export function encodeEntry<Output>(
  key: string,
  value: Output,
  savedAt: number,
  codec: ValueCodec<Output> | undefined,
): Uint8Array | undefined {
  const written = codec === undefined ? write(value) : { tag: TAGS.codec, payload: codec.encode(value) };
  if (written === undefined) return undefined;
  const entry = Buffer.alloc(HEADER_BYTES + written.payload.byteLength);
  entry[0] = written.tag;
  entry.writeDoubleLE(savedAt, 1);
  entry.set(written.payload, HEADER_BYTES);
  entry.writeUInt32LE(checksum(key, entry), CHECKSUM_AT);
  return entry;
}

/** The value of an entry; undefined where the bytes are not what was saved under this key. */
export function decodeEntry<Output>(
  key: string,
  bytes: Uint8Array,
  codec: ValueCodec<Output> | undefined,
): Decoded<Output> | undefined {
  const entry = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.byteLength < HEADER_BYTES || entry.readUInt32LE(CHECKSUM_AT) !== checksum(key, entry)) return undefined;
  try {
    return { value: read(entry[0], entry.subarray(HEADER_BYTES), codec), savedAt: entry.readDoubleLE(1) };
  } catch {
    return undefined;
  }
}

/** Time at which an entry was saved, of its first 9 bytes. */
export function savedAtOf(head: Uint8Array): number {
  return Buffer.from(head).readDoubleLE(1);
}

function checksum(key: string, entry: Uint8Array): number {
  return zlib.crc32(entry.subarray(HEADER_BYTES), zlib.crc32(key, zlib.crc32(entry.subarray(0, CHECKSUM_AT))));
}

function write(value: unknown): { readonly tag: number; readonly payload: Uint8Array } | undefined {
  if (value === undefined) return { tag: TAGS.undefined, payload: new Uint8Array() };
  if (isVector(value)) {
    const payload = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { tag: TAGS.float32, payload: endianness() === "LE" ? payload : Buffer.from(payload).swap32() };
  }
  return survivesJson(value, []) ? { tag: TAGS.json, payload: Buffer.from(JSON.stringify(value)) } : undefined;
}

function read<Output>(tag: number | undefined, payload: Uint8Array, codec: ValueCodec<Output> | undefined): Output {
  if (codec !== undefined) {
    if (tag !== TAGS.codec) throw new TypeError("Expected an entry of this codec, got one that was saved without it.");
    return codec.decode(payload);
  }
  switch (tag) {
    case TAGS.undefined:
      return undefined as Output;
    case TAGS.json:
      return JSON.parse(Buffer.from(payload).toString()) as Output;
    case TAGS.float32:
      return vectorOf(payload) as Output;
    default:
      throw new TypeError("Expected an entry of a known format, got another.");
  }
}

/** A vector with memory of its own: the bytes may lie where no float can. */
function vectorOf(payload: Uint8Array): Float32Array {
  if (payload.byteLength % 4 !== 0)
    throw new RangeError(`Expected whole floats of 4 bytes, got ${payload.byteLength} bytes.`);
  const vector = new Float32Array(payload.byteLength / 4);
  const bytes = Buffer.from(vector.buffer);
  bytes.set(payload);
  if (endianness() === "BE") bytes.swap32();
  return vector;
}

function isVector(value: unknown): value is Float32Array {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Float32Array.prototype;
}

/** Tells whether JSON gives the value back as it is, in every part. */
function survivesJson(value: unknown, holders: object[]): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || holders.includes(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const own = Reflect.ownKeys(value).length;
  const values = Object.values(value) as unknown[];
  // No hole, no hidden property, and nothing that only a class could give back.
  const isPlain = Array.isArray(value)
    ? prototype === Array.prototype && values.length === value.length && own === values.length + 1
    : prototype === Object.prototype && own === values.length;
  if (!isPlain) return false;
  holders.push(value);
  const survives = values.every((each) => survivesJson(each, holders));
  holders.pop();
  return survives;
}
