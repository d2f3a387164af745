import { type Runnable, runnable } from "@batchwise/core";
import type { AIMessageChunk } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { type Runnable as TheirRunnable, RunnableLambda } from "@langchain/core/runnables";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { describe, expectTypeOf, it } from "vitest";
import {
  BatchwiseRunnable,
  fromLangChain,
  fromLangChainEmbeddings,
  toLangChain,
  toLangChainEmbeddings,
} from "./index.ts";

const length = runnable(async (text: string) => text.length);

describe("from theirs", () => {
  it("keeps input and output", () => {
    const lambda = new RunnableLambda({ func: async (text: string) => text.length });
    expectTypeOf(fromLangChain(lambda)).toEqualTypeOf<Runnable<string, number>>();
    const model = new ChatOpenAI();
    expectTypeOf(fromLangChain(model).batch(["a"])).resolves.toEqualTypeOf<AIMessageChunk[]>();
    const chain = ChatPromptTemplate.fromTemplate<{ text: string }>("{text}")
      .pipe(model)
      .pipe(new StringOutputParser());
    expectTypeOf(fromLangChain(chain).batch([{ text: "a" }])).resolves.toEqualTypeOf<string[]>();
    // @ts-expect-error a number is no input of this chain
    void fromLangChain(chain).batch([{ text: 1 }]);
  });

  it("knows what the config of a model takes", () => {
    const chat = fromLangChain(new ChatOpenAI(), { config: { stop: ["."], tags: ["a"] } });
    expectTypeOf(chat.invoke("a")).resolves.toEqualTypeOf<AIMessageChunk>();
    // @ts-expect-error stop sequences are texts
    fromLangChain(new ChatOpenAI(), { config: { stop: [1] } });
    // @ts-expect-error a misspelt option is refused
    fromLangChain(new ChatOpenAI(), { maxConcurency: 3 });
  });

  it("makes float32 vectors of embeddings", () => {
    expectTypeOf(fromLangChainEmbeddings(new OpenAIEmbeddings())).toEqualTypeOf<Runnable<string, Float32Array>>();
  });
});

describe("to theirs", () => {
  it("keeps input and output", () => {
    const theirs = toLangChain(length);
    expectTypeOf(theirs).toEqualTypeOf<BatchwiseRunnable<string, number>>();
    expectTypeOf(theirs).toExtend<TheirRunnable<string, number>>();
    expectTypeOf(theirs.pipe((count: number) => count > 3)).toExtend<TheirRunnable<string, boolean>>();
  });

  it("has Errors beside outputs only with returnExceptions", () => {
    const theirs = toLangChain(length);
    expectTypeOf(theirs.batch(["a"])).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(theirs.batch(["a"], {}, { returnExceptions: true })).resolves.toEqualTypeOf<(number | Error)[]>();
    void theirs.batch(["a"], { maxConcurrency: 1, timeout: 1, maxRetries: 1 });
    // @ts-expect-error it takes texts
    void theirs.batch([1]);
  });

  it("takes vectors of any kind", () => {
    expectTypeOf(toLangChainEmbeddings(runnable(async () => [1])).embedQuery("a")).resolves.toEqualTypeOf<number[]>();
    toLangChainEmbeddings(runnable(async () => new Float32Array(1)));
    // @ts-expect-error a number is no vector
    toLangChainEmbeddings(length);
  });
});
