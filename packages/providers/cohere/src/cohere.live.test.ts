import { describe, expect, test } from "vitest";
import { CohereChat, CohereEmbeddings, CohereRerank } from "./index.ts";

/* Calls Cohere itself, with the key in CO_API_KEY; a trial key is enough. Not part of the usual run. */
const tier = "trial";

describe("Cohere itself", () => {
  test("vectors in base64 are the vectors in numbers", async () => {
    const options = { model: "embed-v4.0", inputType: "search_document", outputDimension: 256, tier } as const;
    const texts = ["Ending all connections", "APPLE pie"];
    const base64 = await new CohereEmbeddings(options).batch(texts);
    const float = await new CohereEmbeddings({ ...options, encoding: "float" }).batch(texts);
    for (const [index, vector] of base64.entries()) {
      expect(vector).toHaveLength(256);
      expect(vector.every((value, at) => Math.abs(value - float[index]![at]!) < 1e-3)).toBe(true);
    }
  });

  test("scores of one query are the same whichever call they come from", async () => {
    const input = { query: "capital of Norway", documents: ["Oslo", "apple pie", "Bergen", "a fjord"] };
    const whole = await new CohereRerank({ model: "rerank-v3.5", tier }).invoke(input);
    const split = await new CohereRerank({ model: "rerank-v3.5", maxDocuments: 2, tier }).invoke(input);
    expect(split.map(({ index }) => index)).toEqual(whole.map(({ index }) => index));
    for (const [at, { score }] of split.entries()) expect(score).toBeCloseTo(whole[at]!.score, 2);
  });

  test("an answer, and a stream of one", async () => {
    const chat = new CohereChat({ model: "command-r7b-12-2024", maxTokens: 20, tier });
    expect((await chat.invoke("Say yes.")).usage?.outputTokens).toBeGreaterThan(0);
    let text = "";
    for await (const piece of chat.stream("Say yes.")) text += piece;
    expect(text).not.toBe("");
  });
});
