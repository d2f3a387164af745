import { createOpenAI } from "@ai-sdk/openai";
import type { EmbeddingModelV4, RerankingModelV4 } from "@ai-sdk/provider";
import { CohereRerank } from "@batchwise/cohere";
import { type Runnable, runnable } from "@batchwise/core";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { embed, rerank } from "ai";
import { describe, expectTypeOf, it } from "vitest";
import {
  fromEmbeddingModel,
  fromLanguageModel,
  type LanguageModelInput,
  type LanguageModelOutput,
  toEmbeddingModel,
  toRerankingModel,
} from "./index.ts";

const openai = createOpenAI({ apiKey: "key" });

describe("from theirs", () => {
  it("models of their providers fit", () => {
    expectTypeOf(fromEmbeddingModel(openai.embedding("m"))).toEqualTypeOf<Runnable<string, Float32Array>>();
    expectTypeOf(fromLanguageModel(openai("m"))).toEqualTypeOf<Runnable<LanguageModelInput, LanguageModelOutput>>();
  });

  it("a prompt is a text, messages, or one of them with parameters", () => {
    const chat = fromLanguageModel(openai("m"), { parameters: { temperature: 0 } });
    expectTypeOf(
      chat.batch(["a", [{ role: "system", content: "b" }], { prompt: "c", temperature: 1 }]),
    ).resolves.toEqualTypeOf<LanguageModelOutput[]>();
    // @ts-expect-error a number is no prompt
    void chat.batch([1]);
    // @ts-expect-error a temperature is a number
    void chat.batch([{ prompt: "c", temperature: "hot" }]);
    // @ts-expect-error a misspelt option is refused
    fromLanguageModel(openai("m"), { maxConcurency: 3 });
  });
});

describe("to theirs", () => {
  it("embeddings of any kind of vector fit their functions", () => {
    const model = toEmbeddingModel(new OpenAIEmbeddings());
    expectTypeOf(model).toEqualTypeOf<EmbeddingModelV4>();
    expectTypeOf(embed({ model, value: "a" })).resolves.toHaveProperty("embedding");
    toEmbeddingModel(runnable(async (text: string) => [text.length]));
    // @ts-expect-error a number is no vector
    toEmbeddingModel(runnable(async (text: string) => text.length));
  });

  it("rerankers fit their function", () => {
    const model = toRerankingModel(new CohereRerank({ model: "rerank-v3.5" }));
    expectTypeOf(model).toEqualTypeOf<RerankingModelV4>();
    expectTypeOf(rerank({ model, query: "?", documents: ["a"] })).resolves.toHaveProperty("ranking");
    // @ts-expect-error it ranks nothing
    toRerankingModel(runnable(async (text: string) => text.length));
  });
});
