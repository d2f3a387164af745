import { describe, expect, test } from "vitest";
import { verifyOutputs } from "../provider/judge.ts";
import { embeddingBody } from "./body.ts";
import { decodersOf } from "./decoders.ts";
import { FLOOR } from "./names.ts";

const body = embeddingBody(5, 12);
const decoders = decodersOf(body);

test("names are unique, and the first is the baseline", () => {
  const names = decoders.map((decoder) => decoder.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe(FLOOR);
});

describe.each(decoders)("$name", (decoder) => {
  test("returns every vector of the response, in order, every time", async () => {
    for (let time = 0; time < 2; time++) {
      const vectors = await decoder.decode();
      expect(vectors).toHaveLength(5);
      expect(() => verifyOutputs(vectors, body.vectors)).not.toThrow();
      expect(Array.from(vectors[4] ?? [])).toHaveLength(12);
    }
  });
});

test("the two bodies are JSON and hold the same numbers", () => {
  const [base64, decimals] = [body.base64, body.decimals].map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  expect(base64.data[3].embedding).toBe(Buffer.from(body.vectors[3]!.buffer).toString("base64"));
  expect(Float32Array.from(decimals.data[3].embedding)).toEqual(body.vectors[3]);
  expect(base64.usage).toEqual(decimals.usage);
});
