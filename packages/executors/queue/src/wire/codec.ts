import { deserialize, serialize } from "node:v8";

/** Codec of inputs and outputs. Submitter and workers need the same one. */
export interface Codec {
  /** @throws any error, where the value cannot be written. */
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/**
 * Codec of Node's structured clone: strings, plain objects, `undefined`, typed arrays (a Float32Array stays one, 4 bytes a
 * number), Maps, Sets, Dates, bigints. No functions; instances of classes become plain objects. Bytes of a newer Node
 * may not be readable by an older one.
 */
export const structuredCodec: Codec = {
  encode: (value) => serialize(value),
  decode: (bytes) => deserialize(bytes) as unknown,
};
