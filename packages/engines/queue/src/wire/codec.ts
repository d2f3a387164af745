import { deserialize, serialize } from "node:v8";

/** How inputs and outputs become bytes. Submitter and workers need the same one. */
export interface Codec {
  /** @throws anything, where the value cannot be written. */
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/**
 * Node's structured clone: strings, plain objects, `undefined`, typed arrays (a Float32Array stays one, 4 bytes a
 * number), Maps, Sets, Dates, bigints. No functions; instances of classes become plain objects. Bytes of a newer Node
 * may not be readable by an older one.
 */
export const structuredCodec: Codec = {
  encode: (value) => serialize(value),
  decode: (bytes) => deserialize(bytes) as unknown,
};
