import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEntry, encodeEntry } from "./value-codec.ts";

const KEY = "key";

function roundTrip(value: unknown): unknown {
  const bytes = encodeEntry(KEY, value, 5, undefined);
  return bytes && decodeEntry(KEY, bytes, undefined);
}

describe("an entry", () => {
  it("of a vector is its floats and 13 bytes, and comes back with memory of its own", () => {
    const vector = Float32Array.of(1.5, -0, NaN, 3e38);
    const bytes = encodeEntry(KEY, vector, 5, undefined) as Uint8Array;
    expect(bytes.byteLength).toBe(13 + 16);
    expect([...bytes.subarray(13, 17)]).toEqual([0, 0, 0xc0, 0x3f]);
    // Wherever the bytes lie: a float may not begin there.
    const shifted = new Uint8Array(bytes.byteLength + 1);
    shifted.set(bytes, 1);
    const decoded = decodeEntry<Float32Array>(KEY, shifted.subarray(1), undefined);
    expect(decoded).toEqual({ value: vector, savedAt: 5 });
    expect(decoded?.value.buffer.byteLength).toBe(16);
  });

  it("of a part of a buffer is that part alone", () => {
    const whole = Float32Array.of(1, 2, 3);
    expect(roundTrip(whole.subarray(1, 2))).toMatchObject({ value: Float32Array.of(2) });
  });

  it("gives every JSON value back as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // -0 is the one value that JSON has and changes.
        const isKept = isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value);
        expect(roundTrip(value)).toEqual(isKept ? { value, savedAt: 5 } : undefined);
      }),
    );
  });

  it.each([
    ["a hole", Array(1)],
    ["undefined within", { a: undefined }],
    ["NaN", [NaN]],
    ["-0", -0],
    ["a Date", new Date()],
    ["a big integer", 1n],
    ["a symbol's property", { [Symbol("a")]: 1 }],
    ["a class's instance", new URL("http://localhost")],
    ["no prototype", Object.create(null)],
    ["a function", () => 1],
    ["other floats", Float64Array.of(1)],
    ["a vector with a class", new (class extends Float32Array {})(1)],
  ])("is not made where JSON would change the value: %s", (_what, value) => {
    expect(encodeEntry(KEY, value, 5, undefined)).toBeUndefined();
  });

  it("is not read where a bit of it has changed, it is cut short, or it is another key's", () => {
    for (const value of [Float32Array.of(1, 2), { a: "text" }, undefined]) {
      const bytes = encodeEntry(KEY, value, 5, undefined) as Uint8Array;
      expect(decodeEntry("other", bytes, undefined)).toBeUndefined();
      for (let at = 0; at < bytes.byteLength; at++) {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= 1;
        expect(decodeEntry(KEY, changed, undefined)).toBeUndefined();
        expect(decodeEntry(KEY, bytes.subarray(0, at), undefined)).toBeUndefined();
      }
      expect(decodeEntry(KEY, bytes, undefined)).toEqual({ value, savedAt: 5 });
    }
  });
});
