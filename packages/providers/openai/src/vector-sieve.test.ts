import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { readThrough, VectorSieve } from "./vector-sieve.ts";

/** What a sieve takes out of a text and what it leaves, with the text in chunks of `size` bytes. */
function sift(text: string, size: number): { readonly taken: string[]; readonly left: string } {
  const taken: string[] = [];
  const sieve = new VectorSieve((base64) => taken.push(base64) - 1);
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < bytes.length; start += size) sieve.write(bytes.subarray(start, start + size));
  return { taken, left: sieve.end() };
}

const SIZES = [1, 2, 3, 7, 64, 1e6];

test("vectors are taken out, in the order in which they come, and a number stands in the place of each", () => {
  const text = '{"data":[{"index":0,"embedding":"AAAA"},{"embedding" : "BB/+","index":1}],"model":"m"}';
  for (const size of SIZES) {
    const { taken, left } = sift(text, size);
    expect(taken).toEqual(["AAAA", "BB/+"]);
    expect(JSON.parse(left)).toEqual({
      data: [
        { index: 0, embedding: 0 },
        { index: 1, embedding: 1 },
      ],
      model: "m",
    });
  }
});

test("P52 a vector with escapes is taken as it stands, and what follows it is found", () => {
  const text = String.raw`{"embedding":"A\/\u003d","index":0}`;
  for (const size of SIZES)
    expect(sift(text, size)).toEqual({ taken: [String.raw`A\/\u003d`], left: '{"embedding":0,"index":0}' });
});

test("whatever the strings hold, nothing else is changed", () => {
  const strings = fc.string({ unit: fc.constantFrom('"', "\\", "a", "é", "😀", "embedding", ":", " ", "\n") });
  const values = fc.record({ [`quotes"and\\`]: strings, model: strings, list: fc.array(strings) });
  fc.assert(
    fc.property(values, fc.constantFrom(...SIZES), (value, size) => {
      const { taken, left } = sift(JSON.stringify(value), size);
      expect(taken).toEqual([]);
      expect(JSON.parse(left)).toEqual(value);
    }),
  );
});

test("numbers in an array are left for the parser", () => {
  const text = '{"data":[{"embedding":[0.5,1]}]}';
  expect(sift(text, 4)).toEqual({ taken: [], left: text });
});

test("a text that is cut, or no JSON at all, is left as it is for the parser to refuse", () => {
  expect(() => JSON.parse(sift('{"data":[{"embedding":"AAAA', 5).left) as unknown).toThrow(SyntaxError);
  expect(sift("<html>no</html>", 4).left).toBe("<html>no</html>");
});

test("a body is read in chunks, whatever letters are cut by them", async () => {
  const model = "é😀".repeat(60_000);
  const body = JSON.stringify({ data: [{ embedding: "AAAA" }], model });
  const taken: string[] = [];
  const left = await readThrough(new Response(body), new VectorSieve((base64) => taken.push(base64) - 1));
  expect(taken).toEqual(["AAAA"]);
  expect(JSON.parse(left)).toEqual({ data: [{ embedding: 0 }], model });
});

test("it does without Node's Buffer", () => {
  vi.stubGlobal("Buffer", undefined);
  try {
    const vector = "AbC/".repeat(5000);
    expect(sift(`{"embedding":"${vector}","model":"é"}`, 7000)).toEqual({
      taken: [vector],
      left: '{"embedding":0,"model":"é"}',
    });
  } finally {
    vi.unstubAllGlobals();
  }
});

test("a response without a body leaves nothing", async () => {
  expect(await readThrough(new Response(null), new VectorSieve(() => 0))).toBe("");
});
