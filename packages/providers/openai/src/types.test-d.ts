import type { Runnable } from "@batchwise/core";
import { AzureOpenAI, OpenAI } from "openai";
import type { Moderation } from "openai/resources/moderations";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type ChatInput,
  type ChatResult,
  OpenAIChat,
  type OpenAIClient,
  OpenAIEmbeddings,
  OpenAIModeration,
  OpenAIResponses,
  type ResponsesInput,
  type ResponsesResult,
} from "./index.ts";

test("the clients of the openai package fit", () => {
  expectTypeOf<OpenAI>().toExtend<OpenAIClient>();
  expectTypeOf<AzureOpenAI>().toExtend<OpenAIClient>();
});

test("what goes in and what comes out", () => {
  expectTypeOf<OpenAIEmbeddings>().toExtend<Runnable<string, Float32Array>>();
  expectTypeOf<OpenAIModeration>().toExtend<Runnable<string, Moderation>>();
  expectTypeOf(new OpenAIChat({ model: "m" })).toExtend<Runnable<ChatInput, ChatResult>>();
  expectTypeOf(new OpenAIResponses({ model: "m" })).toExtend<Runnable<ResponsesInput, ResponsesResult>>();
});

test("with a schema, its output comes out", () => {
  const schema = z.object({ day: z.string().transform((text) => new Date(text)) });
  expectTypeOf(new OpenAIChat({ model: "m", schema })).toExtend<Runnable<ChatInput, { day: Date }>>();
  expectTypeOf(new OpenAIResponses({ model: "m", schema })).toExtend<Runnable<ResponsesInput, { day: Date }>>();
});

test("the model of what is generated must be named", () => {
  // @ts-expect-error -- no model
  expectTypeOf(new OpenAIChat({})).toBeObject();
  // @ts-expect-error -- no model
  expectTypeOf(new OpenAIResponses({})).toBeObject();
});

test("a stage may be anything that gives texts", () => {
  const texts = null as unknown as Runnable<URL, string>;
  expectTypeOf(texts.pipe(new OpenAIEmbeddings())).toEqualTypeOf<Runnable<URL, Float32Array>>();
  expectTypeOf(texts.pipe(new OpenAIChat({ model: "m" }))).toEqualTypeOf<Runnable<URL, ChatResult>>();
});
