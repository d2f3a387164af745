import { bulkRunnable } from "@batchwise/core";
import { expect, test } from "vitest";
import type { Embedder } from "../embedder.ts";
import { remoteEmbedder } from "./remote.ts";

const embeddings = bulkRunnable<string, Float32Array>(async (texts) => texts.map(() => Float32Array.of(1, 0)));

function open(baseURL: string | undefined, model: string = "org/a"): Promise<Embedder> {
  const remote = {
    provider: "OpenAI",
    model,
    dimensions: 2,
    baseURL,
    documents: embeddings,
    questions: embeddings,
  } as const;
  return remoteEmbedder(remote)(
    () => undefined,
    () => ({}),
  );
}

test("provider, server, model and dimensions tell indexes apart, as a folder's name", async () => {
  expect((await open(undefined)).identity).toBe("openai_org%2Fa_2");
  expect((await open("https://api.openai.com/v1")).identity).toBe("openai_org%2Fa_2");
  expect((await open("http://localhost:11434/v1")).identity).toBe("openai_localhost%3A11434_org%2Fa_2");
  expect((await open(undefined, "org-a")).identity).toBe("openai_org-a_2");
});

test("where it computes is said without what else an address may hold", async () => {
  expect((await open(undefined)).place).toBe("by OpenAI");
  expect((await open("https://me:secret@host.example/v1?key=secret")).place).toBe("by host.example");
});
