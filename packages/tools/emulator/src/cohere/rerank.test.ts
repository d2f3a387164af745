import { expect, test } from "vitest";

import { post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const request = (changes: object = {}): object => ({
  model: "rerank-v3.5",
  query: "cats and dogs",
  documents: ["fish", "Cats and dogs!", "dogs"],
  ...changes,
});

test("the best document first, each with its position and a score from 0 to 1", async () => {
  await using emulator = await startEmulator();
  const reply = await post(`${emulator.url}/v2/rerank`, request());
  expect(reply.body.results.map((result: { index: number }) => result.index)).toEqual([1, 2, 0]);
  for (const { relevance_score: score } of reply.body.results) expect(score >= 0 && score <= 1).toBe(true);
  expect(reply.body.meta).toEqual({ api_version: { version: "2" }, billed_units: { search_units: 1 } });
  expect(reply.headers.get("num_tokens")).toBe(String(emulator.stats().tokensAdmitted));
});

test("a score depends on the query and the document alone, so that a longer list can be split", async () => {
  await using emulator = await startEmulator();
  const scores = async (documents: string[]): Promise<Map<string, number>> => {
    const { body } = await post(`${emulator.url}/v2/rerank`, request({ documents }));
    return new Map(
      body.results.map((result: { index: number; relevance_score: number }) => [
        documents[result.index] as string,
        result.relevance_score,
      ]),
    );
  };
  const together = await scores(["a", "dogs", "cats"]);
  expect(new Map([...(await scores(["cats", "a"])), ...(await scores(["dogs"]))])).toEqual(together);
});

test("top_n, and what a document costs at most", async () => {
  await using emulator = await startEmulator({ countTokens: (text) => (text === "fish" ? 9000 : 1) });
  expect((await post(`${emulator.url}/v2/rerank`, request({ top_n: 2 }))).body.results).toHaveLength(2);
  expect(emulator.stats().tokensAdmitted).toBe(4096 + 3);
  emulator.reset();
  await post(`${emulator.url}/v2/rerank`, request({ max_tokens_per_doc: 10 }));
  expect(emulator.stats()).toMatchObject({ tokensAdmitted: 13, inputsAnswered: 3 });
});

test("10,000 documents pass, one more does not", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const documents = Array.from({ length: 10_000 }, (_, number) => String(number));
  const { body } = await post(`${emulator.url}/v2/rerank`, request({ documents, top_n: 1 }));
  expect(body.meta.billed_units).toEqual({ search_units: 100 });
  expect((await post(`${emulator.url}/v2/rerank`, request({ documents: [...documents, "x"] }))).status).toBe(400);
});

test.each([{ query: "" }, { query: undefined }, { documents: [] }, { documents: [{}] }, { top_n: 0 }, { model: 5 }])(
  "a 400: %j",
  async (changes) => {
    await using emulator = await startEmulator();
    expect((await post(`${emulator.url}/v2/rerank`, request(changes))).status).toBe(400);
  },
);

test("calls a minute are the limit", async () => {
  await using emulator = await startEmulator({ limits: { requestsPerMinute: 1, inputsPerMinute: 1 } });
  expect((await post(`${emulator.url}/v2/rerank`, request())).status).toBe(200);
  expect((await post(`${emulator.url}/v2/rerank`, request())).status).toBe(429);
});
