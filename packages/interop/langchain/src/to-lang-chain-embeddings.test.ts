import { ArgumentError, BatchError, bulkRunnable, InputError, type Runnable } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { Embeddings } from "@langchain/core/embeddings";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { toLangChainEmbeddings } from "./index.ts";

function embedder(mark: number, sizes: number[] = []): Runnable<string, Float32Array> {
  return bulkRunnable<string, Float32Array>(
    async (texts: readonly string[]) => {
      sizes.push(texts.length);
      return texts.map((text) => (text === "" ? new InputError("Empty.") : Float32Array.of(text.length, mark)));
    },
    { request: { maxInputs: 2 } },
  );
}

describe("ours as their Embeddings", () => {
  test("is one of theirs, and gives arrays of numbers", async () => {
    const theirs = toLangChainEmbeddings(embedder(1));
    expect(theirs).toBeInstanceOf(Embeddings);
    expect(await theirs.embedDocuments(["a", "bb"])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(await theirs.embedQuery("a")).toEqual([1, 1]);
    expect(await theirs.embedDocuments([])).toEqual([]);
  });

  test("documents go out in requests that the Runnable takes", async () => {
    const sizes: number[] = [];
    await toLangChainEmbeddings(embedder(1, sizes)).embedDocuments(["a", "b", "c"]);
    expect(sizes).toEqual([2, 1]);
  });

  test("P10 questions go through `query`, documents never", async () => {
    const theirs = toLangChainEmbeddings(embedder(1), { query: embedder(2) });
    expect(await theirs.embedQuery("a")).toEqual([1, 2]);
    expect(await theirs.embedDocuments(["a"])).toEqual([[1, 1]]);
  });

  test("a failure is a BatchError that keeps what was finished, and a question's is its own", async () => {
    const theirs = toLangChainEmbeddings(embedder(1), { maxConcurrency: 1 });
    const error = await failureOf(theirs.embedDocuments(["a", "b", "", "d"]));
    expect(BatchError.isInstance(error)).toBe(true);
    expect(error.outcomes.slice(0, 2)).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
    expect(InputError.isInstance(await failureOf(theirs.embedQuery("")))).toBe(true);
  });

  test("options hold for each batch", async () => {
    const done: number[] = [];
    const signal = AbortSignal.abort(new Error("enough"));
    await toLangChainEmbeddings(embedder(1), { onProgress: ({ done: count }) => done.push(count) }).embedDocuments([
      "a",
    ]);
    expect(done.at(-1)).toBe(1);
    const theirs = toLangChainEmbeddings(embedder(1), { signal });
    expect(await failureOf(theirs.embedDocuments(["a"]))).toBe(signal.reason);
    expect(await failureOf(theirs.embedQuery("a"))).toBe(signal.reason);
  });

  test("what is no Runnable is an ArgumentError", () => {
    expect(() => toLangChainEmbeddings({} as never)).toThrow(ArgumentError);
    expect(() => toLangChainEmbeddings(embedder(1), { query: {} as never })).toThrow(ArgumentError);
  });

  test("a vector of a text is the same as document and as question", async () => {
    await using emulator = await startEmulator({});
    const ours = new OpenAIEmbeddings({ apiKey: "key", dimensions: 64, baseURL: emulator.openaiBaseURL });
    const theirs = toLangChainEmbeddings(ours);
    const [, dogs] = await theirs.embedDocuments(["cats", "dogs", "taxes"]);
    expect(await theirs.embedQuery("dogs")).toEqual(dogs);
  });
});
