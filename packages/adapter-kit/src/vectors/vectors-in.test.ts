import { ResultError } from "@batchwise/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { VectorDecoder } from "./vector-decoder.ts";
import { vectorsIn } from "./vectors-in.ts";

const rowsOf = (...embeddings: unknown[]): object[] => embeddings.map((embedding, index) => ({ index, embedding }));
const base64Of = (values: Iterable<number>): string => Buffer.from(Float32Array.from(values).buffer).toString("base64");
const float = fc.float({ noNaN: true, noDefaultInfinity: true });

test("base64 is little-endian float32, and so are numbers", () => {
  const vector = fc.array(float, { minLength: 1, maxLength: 20 });
  const usual = fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(usual, (values) => {
      const length = Math.hypot(...values);
      fc.pre((length === 0 && values.length < 8) || length > 2e-5);
      expect(vectorsIn(rowsOf(base64Of(values)), 1)).toEqual([Float32Array.from(values)]);
    }),
  );
  fc.assert(
    fc.property(vector, (values) => {
      const expected = Float32Array.from(values);
      fc.pre(values.length < 8 || expected.some((each) => each !== 0));
      expect(vectorsIn(rowsOf([...expected]), 1)).toEqual([expected]);
    }),
  );
  expect(vectorsIn(rowsOf("AACAPwAAAMA="), 1)).toEqual([Float32Array.of(1, -2)]);
});

test("each vector has memory of its own, and no more than it needs", () => {
  const [first, second] = vectorsIn(rowsOf(base64Of([1, 2]), base64Of([3, 4])), 2) as [Float32Array, Float32Array];
  expect(first.buffer).not.toBe(second.buffer);
  expect(first.buffer.byteLength).toBe(8);
});

// ollama/ollama#17878 (under load, with 200), ollama/ollama#12611, ggml-org/llama.cpp#23509 (a model that makes none)
test.for<[string, (values: number[]) => unknown]>([
  ["numbers", (values) => values],
  ["base64", base64Of],
])("P51 a vector of zeros alone, in %s, is an error of its own input", ([, form]) => {
  const zeros = Array.from({ length: 8 }, () => 0);
  const [first, second, third] = vectorsIn(rowsOf(form(zeros), form([...zeros.slice(1), 1]), form(zeros)), 3);
  expect([first, third]).toEqual([expect.any(ResultError), expect.any(ResultError)]);
  expect((first as Error).message).toMatch(
    /^Expected a vector with numbers other than 0 .* got zeros alone\. Send it again/,
  );
  expect(second).toBeInstanceOf(Float32Array);
});

// abetlen/llama-cpp-python#1588, diegosouzapw/OmniRoute#9089
test("P52 a vector in a list of its own is that vector, and several are said to be several", () => {
  expect(vectorsIn(rowsOf([[1, 2]], [[3, 4]]), 2)).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
  const [tokens] = vectorsIn(
    rowsOf([
      [1, 2],
      [3, 4],
    ]),
    1,
  ) as [ResultError];
  expect(tokens).toBeInstanceOf(ResultError);
  expect(tokens.message).toContain("got several, such as one for each token. Let the server pool them.");
});

test("P5 vectors are placed by index", () => {
  const rows = [
    { index: 1, embedding: base64Of([1]) },
    { index: 0, embedding: base64Of([0]) },
  ];
  expect(vectorsIn(rows, 2)).toEqual([Float32Array.of(0), Float32Array.of(1)]);
});

test.for<[string, unknown]>([
  ["NaN in base64", base64Of([1, Number.NaN, 3])],
  ["Infinity in base64", base64Of([1, 2, -Infinity])],
  ["Infinity and its opposite, in the same place of four", base64Of([Infinity, 0, 0, 0, -Infinity])],
  ["a number too large for float32", [1, 1e39, 3]],
  ["null among numbers", [1, null, 3]],
  ["true among numbers", [1, true, 3]],
  ["text among numbers", [1, "2", 3]],
  ["no number", []],
  ["an empty text", ""],
  ["half a number", "AACA"],
  ["base64 that is cut", base64Of([1, 2, 3]).slice(0, -1)],
  ["base64 with foreign characters", `${base64Of([1, 2, 3]).slice(0, -4)}!!!!`],
  ["an object", { 0: 1 }],
  ["null", null],
  ["nothing", undefined],
])("L13 P6 %s fails its own input alone", ([, embedding]) => {
  const fine = base64Of([1, 2, 3]);
  const slots = vectorsIn(rowsOf(fine, embedding, fine), 3);
  expect(slots[1]).toBeInstanceOf(ResultError);
  expect([slots[0], slots[2]]).toEqual([Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 3)]);
});

/**
 * As Voyage, Jina and Mistral quantize for `output_dtype`: docs.mistral.ai and docs.voyageai.com, embeddings. Halves are asked for
 * in vllm-project/vllm#26248.
 */
test.for<[string, (numbers: Float32Array) => ArrayBufferView]>([
  ["int8", (numbers) => Int8Array.from(numbers, (each) => Math.round(each * 127))],
  ["uint8", (numbers) => Uint8Array.from(numbers, (each) => Math.round(each * 127 + 128))],
  ["float16", (numbers) => Uint16Array.from(numbers, halfOf)],
  ["float64", (numbers) => Float64Array.from(numbers)],
  ["bits", (numbers) => Uint8Array.from({ length: numbers.length / 8 }, (_, at) => bitsOf(numbers.slice(at * 8)))],
])("P52 rows of %s in base64 are never read as float32", ([, quantize]) => {
  const dimension = fc.constantFrom(1024, 1536, 3072);
  const seeds = fc.tuple(dimension, fc.integer({ min: 1, max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(seeds, ([length, seed]) => {
      let state = seed;
      const numbers = Float32Array.from({ length }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
        return ((state >> 8) / 2 ** 23) * 0.2 - 0.1;
      });
      const { buffer } = quantize(numbers);
      const [slot] = vectorsIn(rowsOf(Buffer.from(buffer as ArrayBuffer).toString("base64")), 1);
      expect(slot).toBeInstanceOf(ResultError);
    }),
  );
});

test("P52 bytes that are none of float32 are told by the length that was asked for, too", () => {
  const [slot] = vectorsIn(rowsOf(Buffer.alloc(8, 0x40).toString("base64")), 1, 8);
  expect(slot).toBeInstanceOf(ResultError);
});

test("a vector of nothing but 0 is a vector", () => {
  expect(vectorsIn(rowsOf(base64Of([0, 0])), 1)).toEqual([Float32Array.of(0, 0)]);
});

test("L13 a vector of another length than most fails alone", () => {
  const slots = vectorsIn(rowsOf([1, 2], [1, 2, 3], [4, 5]), 3);
  expect(slots.map((slot) => slot.constructor)).toEqual([Float32Array, ResultError, Float32Array]);
  expect((slots[1] as Error).message).toBe(
    "Expected vectors of length 2, got one of length 3 for this input. Send it again.",
  );
});

test("L13 where no length has a majority, none can be relied on", () => {
  for (const slot of vectorsIn(rowsOf([1, 2], [1, 2, 3]), 2)) expect(slot).toBeInstanceOf(ResultError);
});

test("L13 vectors of another length than was asked for are of no use, however many", () => {
  const slots = vectorsIn(rowsOf([1, 2], [3, 4], [1, 2, 3]), 3, 3);
  expect(slots.map((slot) => slot.constructor)).toEqual([ResultError, ResultError, Float32Array]);
});

test("embeddings alone are in the order of the inputs, of whichever form", () => {
  const expected = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
  expect(vectorsIn([base64Of([1, 2]), base64Of([3, 4])], 2)).toEqual(expected);
  expect(
    vectorsIn(
      [
        [1, 2],
        [3, 4],
      ],
      2,
    ),
  ).toEqual(expected);
  expect(vectorsIn([Float64Array.of(1, 2), Float32Array.of(3, 4)], 2)).toEqual(expected);
});

test("what was taken while the answer arrived is found by its number", () => {
  const decoder = new VectorDecoder();
  const rows = [
    { index: 1, embedding: decoder.take(base64Of([1, 2])) },
    { index: 0, embedding: decoder.take("no base64") },
    { index: 2, embedding: 7 },
  ];
  const slots = vectorsIn(rows, 3, undefined, decoder);
  expect(slots[1]).toEqual(Float32Array.of(1, 2));
  expect([slots[0], slots[2]]).toEqual([expect.any(ResultError), expect.any(ResultError)]);
});

// The number is the server's, and must not be taken for our own: https://www.rfc-editor.org/rfc/rfc8259#section-6
test("P51 a number in the place of a vector is an error beside those that were taken", () => {
  const decoder = new VectorDecoder();
  const rows = [
    { index: 1, embedding: decoder.take(base64Of([1, 2])) },
    ...[0, 2].map((index) => ({ index, embedding: 0 })),
  ];
  expect(vectorsIn(rows, 3, undefined, decoder)).toEqual([
    expect.any(ResultError),
    Float32Array.of(1, 2),
    expect.any(ResultError),
  ]);
});

// dotnet/runtime#50998, microsoft/AICentral#149, openai/openai-dotnet#1041; PHP escapes slashes
test("P52 escapes in base64 that is taken are what they stand for", () => {
  const escapes = fc.constantFrom("+", "/", "=").chain((sign) => {
    const code = `\\u00${sign.charCodeAt(0).toString(16)}`;
    return fc.constantFrom<readonly [string, string]>(
      [sign, code],
      [sign, code.toUpperCase().replace("U", "u")],
      ["/", "\\/"],
    );
  });
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -1, max: 1 }), { minLength: 1, maxLength: 9 }),
      escapes,
      (numbers, [sign, escape]) => {
        const decoder = new VectorDecoder();
        const vector = decoder.decode(base64Of(numbers));
        expect(decoder.decode(decoder.take(base64Of(numbers).replaceAll(sign, escape)))).toEqual(vector);
      },
    ),
  );
});

function bitsOf(numbers: Float32Array): number {
  return numbers.slice(0, 8).reduce((bits, each) => bits * 2 + (each > 0 ? 1 : 0), 0);
}

/** Bits of a number in float16. */
function halfOf(value: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return ((bits >>> 16) & 0x8000) | (exponent <= 0 ? 0 : (exponent << 10) | ((bits >>> 13) & 0x3ff));
}

// apache/flink-agents#1126: Java's encoder may leave the padding out; Python has a function for addresses of its own.
test("P52 base64 without padding, in lines, or with the characters of addresses is the same vector", () => {
  const vector = Float32Array.from({ length: 37 }, (_, at) => Math.sin(at * 7) / 3);
  const text = Buffer.from(vector.buffer).toString("base64");
  expect(text).toMatch(/[+/].*=$/);
  const others = [
    text.replaceAll("=", ""),
    text.replaceAll("+", "-").replaceAll("/", "_"),
    text.replaceAll(/(.{20})/g, "$1\n"),
  ];
  for (const other of others) expect(vectorsIn(rowsOf(other), 1), other).toEqual([vector]);
  expect(vectorsIn(rowsOf(text.slice(0, -5)), 1)).toEqual([expect.any(ResultError)]);
});
