import { OpenAIEmbeddings } from "@batchwise/openai";
import { type Runnable, runnable } from "@batchwise/core";
import { expectTypeOf, test } from "vitest";
import { type TelemetryOptions, withTelemetry } from "./index.ts";

test("the Runnable takes and gives what the one inside does", () => {
  const embeddings = withTelemetry(new OpenAIEmbeddings());
  expectTypeOf(embeddings).toEqualTypeOf<Runnable<string, Float32Array>>();
  expectTypeOf(embeddings.batch(["a"], { returnExceptions: true })).resolves.toEqualTypeOf<(Float32Array | Error)[]>();
  const lengths = withTelemetry(runnable((text: string) => text.length));
  // @ts-expect-error -- texts are measured, not numbers
  void lengths.batch([1]);
});

test("options are all optional", () => {
  expectTypeOf<object>().toExtend<TelemetryOptions>();
  // @ts-expect-error -- no such option
  withTelemetry(new OpenAIEmbeddings(), { system: "openai" });
});
