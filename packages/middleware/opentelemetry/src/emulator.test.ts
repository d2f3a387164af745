import { startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { afterAll, expect, it } from "vitest";
import { withTelemetry } from "./index.ts";
import { collector, useContextManager } from "./testing/collector.ts";
import { readAll } from "./testing/read.ts";

afterAll(useContextManager());

it("counts what the provider counts, failures among it", async () => {
  await using emulator = await startEmulator({
    seed: 7,
    tokens: "fast",
    faults: { serverErrorRate: 0.3 },
  });
  const seen = collector();
  const model = "text-embedding-3-small";
  const embeddings = new OpenAIEmbeddings({
    model,
    apiKey: "key",
    baseURL: emulator.openaiBaseURL,
    request: { maxInputs: 4 },
    retry: { attempts: 20, minDelayMs: 1 },
  });
  const all = withTelemetry(embeddings, { operation: "embeddings", provider: "openai", model, ...seen.providers });
  const texts = Array.from({ length: 80 }, (_, index) => `text ${index}`);
  const outcomes = await readAll(all.batchAsCompleted(texts));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(80);

  const { byStatus, requests, tokensAdmitted, tokensWasted } = emulator.stats();
  expect(requests).toBeGreaterThan(20);
  expect(await seen.sum("batchwise.requests")).toBe(requests);
  expect(await seen.sum("batchwise.retries")).toBeGreaterThan(0);
  expect(await seen.sum("batchwise.items")).toBe(80);
  expect(await seen.sum("gen_ai.client.token.usage")).toBe(tokensAdmitted - tokensWasted);
  const spans = seen.spans().filter((span) => span.name === `embeddings ${model}`);
  expect(spans).toHaveLength(requests);
  expect(spans.every((span) => typeof span.attributes["batchwise.request.attempt"] === "number")).toBe(true);
  const statuses = spans.map((span) => span.attributes["http.response.status_code"]);
  // P41 More than there are retries: a request that fails while others pass is sent in parts.
  expect(statuses.filter((status) => status !== undefined)).toHaveLength(requests - (byStatus["200"] ?? 0));
  expect(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]))).not.toContain("text 1");
});
