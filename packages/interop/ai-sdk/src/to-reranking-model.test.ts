import { CohereRerank } from "@batchwise/cohere";
import { ArgumentError, InputError, type RerankInput, type RerankScore, runnable } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { rerank } from "ai";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { toRerankingModel } from "./index.ts";

/** The longer a document, the better. */
const byLength = runnable(async ({ documents }: RerankInput): Promise<RerankScore[]> =>
  documents.map((document, index) => ({ index, score: document.length })),
);
const documents = ["bb", "a", "ccc"];

describe("ours as their reranking model", () => {
  test("rerank gives documents best first, as many as asked for", async () => {
    const model = toRerankingModel(byLength);
    const all = await rerank({ model, query: "?", documents });
    expect(all.rerankedDocuments).toEqual(["ccc", "bb", "a"]);
    expect(all.ranking[0]).toEqual({ originalIndex: 2, score: 3, document: "ccc" });
    const two = await rerank({ model, query: "?", documents, topN: 2 });
    expect(two.rerankedDocuments).toEqual(["ccc", "bb"]);
  });

  test("the Runnable's ranking is not changed", async () => {
    const ranking = Object.freeze([
      { index: 0, score: 1 },
      { index: 1, score: 2 },
    ]);
    const model = toRerankingModel(runnable<RerankInput, readonly RerankScore[]>(async () => ranking));
    const { rerankedDocuments } = await rerank({ model, query: "?", documents: ["a", "b"] });
    expect(rerankedDocuments).toEqual(["b", "a"]);
  });

  test("objects are ranked by their JSON, with a warning", async () => {
    const seen: RerankInput[] = [];
    const ours = runnable(async (input: RerankInput): Promise<RerankScore[]> => {
      seen.push(input);
      return [{ index: 0, score: 1 }];
    });
    const { ranking, warnings } = await toRerankingModel(ours).doRerank({
      query: "?",
      documents: { type: "object", values: [{ a: 1 }] },
    });
    expect(seen).toEqual([{ query: "?", documents: ['{"a":1}'] }]);
    expect(ranking).toEqual([{ index: 0, relevanceScore: 1 }]);
    expect(warnings).toMatchObject([{ type: "compatibility" }]);
  });

  test("says who it is, and warns of headers", async () => {
    expect(toRerankingModel(byLength)).toMatchObject({ provider: "batchwise", modelId: "FunctionRunnable" });
    const model = toRerankingModel(byLength, { provider: "p", modelId: "m" });
    expect(model).toMatchObject({ specificationVersion: "v4", provider: "p", modelId: "m" });
    const call = { query: "?", documents: { type: "text" as const, values: documents }, headers: { "x-team": "a" } };
    expect((await model.doRerank(call)).warnings).toMatchObject([{ feature: "headers" }]);
  });

  test("a failure is the call's own error, and is not retried again", async () => {
    let calls = 0;
    const ours = runnable<RerankInput, RerankScore[]>(async () => {
      calls++;
      throw new InputError("Blank.");
    });
    const error = await failureOf(rerank({ model: toRerankingModel(ours), query: " ", documents }));
    expect(InputError.isInstance(error)).toBe(true);
    expect(calls).toBe(1);
    expect(() => toRerankingModel({} as never)).toThrow(ArgumentError);
  });

  test("P12 abortSignal ends it at once; providerOptions are options of the batch", async () => {
    const stuck = runnable<RerankInput, RerankScore[]>(() => new Promise(() => {}));
    const signal = AbortSignal.abort(new Error("enough"));
    const model = toRerankingModel(stuck);
    expect(await failureOf(rerank({ model, query: "?", documents, abortSignal: signal }))).toBe(signal.reason);
    const providerOptions = { batchwise: { timeoutMs: 1 } };
    expect(await failureOf(rerank({ model, query: "?", documents, providerOptions }))).toMatchObject({
      code: "timeout",
    });
  });
});

test("Cohere's rerank over a long list, through theirs", async () => {
  await using emulator = await startEmulator({});
  const ours = new CohereRerank({
    model: "rerank-v3.5",
    apiKey: "key",
    baseURL: emulator.cohereBaseURL,
    maxDocuments: 10,
  });
  const many = Array.from({ length: 35 }, (_, index) => `Document ${index}`);
  const { ranking } = await rerank({ model: toRerankingModel(ours), query: "Document 7?", documents: many, topN: 5 });
  const direct = await ours.invoke({ query: "Document 7?", documents: many });
  expect(ranking.map(({ originalIndex }) => originalIndex)).toEqual(direct.slice(0, 5).map(({ index }) => index));
});
