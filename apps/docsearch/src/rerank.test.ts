import { describe, expect, test } from "vitest";
import { newCache, temporaryFolder } from "./testing/folder.ts";
import { expectNoKey, useProviders } from "./testing/providers.ts";
import { start, type Started } from "./testing/start.ts";

const providers = useProviders();
const FLAGS = ["--rerank", "cohere"];

async function ask(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Started> {
  const started = await start(argv, { environment: { ...providers.environment, ...environment } });
  expectNoKey(started);
  return started;
}

/** Flags for `count` files, each with one more word of the question than the one before. */
async function files(count: number): Promise<string[]> {
  const words = "walrus heron otter lizard badger".split(" ");
  const dir = await temporaryFolder(
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `file-${index}.md`,
        `This file says what there is of number ${index} and of ${words.slice(0, index).join(" ")}.\n`,
      ]),
    ),
  );
  return ["--dir", dir, "--cache", await newCache()];
}

const QUESTION = "walrus heron otter lizard badger";

function documentsIn(results: string): string[] {
  return results.match(/file-\d+(?=\.md:)/g) ?? [];
}

describe("--rerank cohere", () => {
  test("puts the candidates into the reranker's order, and shows its scores", async () => {
    const folders = await files(6);
    const { code, results, embedder } = await ask([...folders, ...FLAGS, "--top", "3", QUESTION]);
    expect(code).toBe(0);
    expect(documentsIn(results)).toEqual(["file-5", "file-4", "file-3"]);
    expect(embedder.texts).toHaveLength(6 + 1);
    const [{ path, body } = { path: "", body: {} }] = providers.sent;
    expect(path).toBe("/v2/rerank");
    expect(body).toMatchObject({ model: "rerank-v3.5", query: QUESTION });
    expect(body.documents).toHaveLength(6);

    const { results: json } = await ask([...folders, ...FLAGS, "--json", QUESTION]);
    const [{ reranked, hits }] = JSON.parse(json);
    expect(reranked).toBe(true);
    expect(hits[0].score).toBeGreaterThan(hits[1].score);
    expect(hits[0].score).toBeGreaterThan(0.9);
  });

  test("sends the best 50 files of the search, however many are shown", async () => {
    const { results } = await ask([...(await files(60)), ...FLAGS, "--top", "2", QUESTION]);
    expect(providers.sent.map(({ body }) => body.documents.length)).toEqual([50]);
    expect(documentsIn(results)).toHaveLength(2);
  });

  test("--rerank-options reach the wire, and several questions are a batch", async () => {
    const { code, notes } = await ask([
      ...(await files(3)),
      ...FLAGS,
      "--rerank-options",
      '{"model": "rerank-v5.0-fast"}',
      "an otter",
      "a heron",
    ]);
    expect(code).toBe(0);
    const sent = new Map(providers.sent.map(({ body }) => [body.query, body.model]));
    expect(sent).toEqual(
      new Map([
        ["a heron", "rerank-v5.0-fast"],
        ["an otter", "rerank-v5.0-fast"],
      ]),
    );
    expect(providers.sent[0]?.notes).toMatch(/2 questions to rerank: 2 requests, \$0\.0000\d+/);
    expect(notes).toMatch(/Used +2 requests/);
  });

  test("prints the estimate of a search before, and its cost after", async () => {
    const { notes } = await ask([...(await files(3)), ...FLAGS, "an otter", "a heron"]);
    expect(providers.sent[0]?.notes).toMatch(/Estimate +2 questions to rerank: 2 requests, \$0\.004/);
    expect(notes).toMatch(/Used +2 requests, 0 tokens, \$0\.004/);
  });

  test("works with --embed cohere", async () => {
    const { code, notes } = await ask([...(await files(4)), "--embed", "cohere", ...FLAGS, QUESTION]);
    expect(code).toBe(0);
    expect(providers.sent.map(({ path }) => path)).toEqual(["/v2/embed", "/v2/embed", "/v2/rerank"]);
    expect(notes).toMatch(/in all at most \$0\.002/);
  });
});

describe("a reranker that fails leaves the order of the search, with a note", () => {
  test.each([
    ["a server that is down", { faults: { serverErrorRate: 1 } }, /status 50[03]/, 6],
    ["a wrong key", { apiKey: "another" }, /status 401/, 1],
    ["a used-up quota", { faults: { quotaAfterRequests: 0 } }, /status 402/, 1],
    ["a model that is not there", { models: ["another"] }, /status 404/, 1],
  ] as const)("%s", async (_name, behavior, message, requests) => {
    const folders = await files(6);
    const plain = await ask([...folders, QUESTION]);
    providers.reset(behavior);
    const { code, notes, results } = await ask([...folders, ...FLAGS, QUESTION]);
    expect(code).toBe(0);
    expect(results).toBe(plain.results);
    expect(notes).toMatch(/^The question is not reranked: its answers are in the order of the search\. /m);
    expect(notes).toMatch(message);
    expect(providers.emulator.stats().requests).toBe(requests);

    const { results: json } = await ask([...folders, ...FLAGS, "--json", QUESTION]);
    expect(JSON.parse(json)).toMatchObject([{ reranked: false, hits: [{}, {}, {}, {}, {}] }]);
  });

  test("L6 a question whose candidates are refused keeps its order, and the other is reranked", async () => {
    providers.reset({ faults: { badInput: { marker: "number 0 " } } });
    const { notes, results } = await ask([...(await files(60)), ...FLAGS, "--json", "the number 0", QUESTION]);
    expect(JSON.parse(results)).toMatchObject([{ reranked: false }, { reranked: true }]);
    expect(notes).toContain("Question 1 is not reranked");
    expect(notes).not.toContain("Question 2");
  });

  test("--max-cost below a search: nothing is sent", async () => {
    const { code, notes } = await ask([...(await files(3)), ...FLAGS, "--max-cost", "0.003", "an otter", "a heron"]);
    expect(code).toBe(0);
    expect(providers.sent.map(({ body }) => body.query)).toEqual(["an otter"]);
    expect(notes).toContain("Question 2 is not reranked");
    expect(notes).toMatch(/Expected the batch to stay within `maxCost` .* got a call that may take 0\.00/);
  });

  test("--max-cost with a model of unknown price is refused before anything is done", async () => {
    const { code, notes } = await ask([
      ...(await files(3)),
      ...FLAGS,
      "--rerank-options",
      '{"model":"any"}',
      "--max-cost",
      "1",
      "q",
    ]);
    expect(code).toBe(1);
    expect(notes).toMatch(/^error: Expected a model with a known price for --max-cost/m);
    expect(providers.sent).toEqual([]);
  });

  test("without a key it names the variable, and does nothing", async () => {
    const { code, notes, embedder } = await ask([...(await files(3)), ...FLAGS, "q"], { CO_API_KEY: "" });
    expect(code).toBe(1);
    expect(notes).toMatch(/^error: Expected a key for --rerank cohere in the environment variable CO_API_KEY/);
    expect(embedder.texts).toEqual([]);
  });
});
