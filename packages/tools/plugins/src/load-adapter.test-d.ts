import type { Runnable } from "@batchwise/core";
import { expectTypeOf, test } from "vitest";
import { loadAdapter, type LoadedAdapter } from "./index.ts";

test("the kind says what goes in and what comes out", () => {
  expectTypeOf(loadAdapter("p#a", { kind: "embeddings" })).resolves.toEqualTypeOf<LoadedAdapter<"embeddings">>();
  type Made<Kind extends string> = ReturnType<LoadedAdapter<Kind>["create"]>;
  expectTypeOf<Made<"embeddings">>().toEqualTypeOf<Runnable<string, Float32Array>>();
  expectTypeOf<Made<"of-my-own">>().toEqualTypeOf<Runnable<any, any>>();
  expectTypeOf<Made<string>>().toEqualTypeOf<Runnable<any, any>>();
});
