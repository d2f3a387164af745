import { beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { collected } from "./fixtures/wire.ts";
import { OpenAIChat, OpenAIEmbeddings, OpenAIModeration, OpenAIResponses } from "./index.ts";

/** Against OpenAI itself, for a fraction of a cent. Needs OPENAI_API_KEY, and is no part of any other run. */
vi.setConfig({ testTimeout: 120_000 });
const model = process.env["OPENAI_LIVE_MODEL"] ?? "gpt-6-luna";

beforeAll(() => {
  if (!process.env["OPENAI_API_KEY"]) throw new Error("Set OPENAI_API_KEY to run the live tests.");
});

test("embeddings: each text has the vector that it has alone, and usage, limits and cost are told", async () => {
  const embeddings = new OpenAIEmbeddings({ dimensions: 256 });
  const texts = Array.from({ length: 300 }, (_, index) => `the number ${index}`);
  let cost = 0;
  const vectors = await embeddings.batch(texts, {
    request: { maxInputs: 100 },
    onFinish: ({ usage }) => (cost = usage.cost),
  });
  expect(vectors.map(({ length }) => length)).toEqual(Array.from({ length: 300 }, () => 256));
  expect(cosine(vectors[7]!, await embeddings.invoke(texts[7]!))).toBeGreaterThan(0.999);
  expect(cosine(vectors[7]!, vectors[8]!)).toBeLessThan(0.999);
  expect(cost).toBeGreaterThan(0);
});

test("embeddings: what is refused here is what the API refuses", async () => {
  const embeddings = new OpenAIEmbeddings({ truncate: true });
  const long = "word ".repeat(20_000);
  const slots = await embeddings.batch([long, "", "fine"], { returnExceptions: true });
  expect(slots.map((slot) => slot instanceof Float32Array)).toEqual([true, false, true]);
  // Counted by another rule than ours it would not pass: this text is not cut.
  const judge = new OpenAIEmbeddings({ maxInputTokens: 100_000 });
  await expect(judge.invoke(long)).rejects.toMatchObject({ code: "invalid_input", status: 400 });
});

test("moderation: results in the order of the texts", async () => {
  const [kind, violent] = await new OpenAIModeration().batch(["Have a nice day.", "I will kill them all, slowly."]);
  expect([kind!.flagged, violent!.flagged]).toEqual([false, true]);
});

test("chat and responses: text, values, streams", async () => {
  const chat = new OpenAIChat({ model, maxTokens: 500 });
  expect((await chat.invoke("Say the word yes and nothing else.")).text.toLowerCase()).toContain("yes");
  expect((await collected(chat.stream("Count from 1 to 5."))).join("")).toContain("5");

  const schema = z.object({ capital: z.string() });
  const structured = new OpenAIResponses({ model, schema, maxTokens: 500, body: { store: false } });
  const values = await structured.batch(["Norway", "Chile"]);
  expect(values.map(({ capital }) => capital)).toEqual(["Oslo", "Santiago"]);
});

test("a refused key and an unknown model are told apart", async () => {
  await expect(new OpenAIEmbeddings({ apiKey: "sk-none" }).invoke("a")).rejects.toMatchObject({
    code: "authentication",
    status: 401,
  });
  await expect(new OpenAIChat({ model: "no-such-model" }).invoke("a")).rejects.toMatchObject({
    code: "invalid_argument",
    status: 404,
  });
});

function cosine(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, index) => sum + value * right[index]!, 0);
}
