import { OpenAIEmbeddings } from "@batchwise/openai";
import { expectTypeOf, test } from "vitest";
import { type CacheOptions, type CacheStats, fileStore, withCache } from "./index.ts";

const cached = withCache(new OpenAIEmbeddings(), { namespace: "n", store: fileStore() });

test("a cached Runnable takes and gives what the one inside does", () => {
  expectTypeOf(cached.batch(["a"])).resolves.toEqualTypeOf<Float32Array[]>();
  expectTypeOf(cached.batch(["a"], { returnExceptions: true })).resolves.toEqualTypeOf<(Float32Array | Error)[]>();
  expectTypeOf(cached.stats()).toEqualTypeOf<CacheStats>();
  // @ts-expect-error -- texts are embedded, not numbers
  void cached.batch([1]);
});

test("a namespace has to be given: nobody can guess it", () => {
  expectTypeOf<{ readonly maxAgeMs: number }>().not.toExtend<CacheOptions<string, number>>();
  expectTypeOf<{ readonly namespace: string }>().toExtend<CacheOptions<string, number>>();
});
