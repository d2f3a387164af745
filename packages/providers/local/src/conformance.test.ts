import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conformance } from "@batchwise/testkit";
import { afterAll } from "vitest";
import { variedTexts } from "./fixtures/varied-texts.ts";
import { LocalEmbeddings } from "./index.ts";

const cacheDir = await mkdtemp(join(tmpdir(), "batchwise-conformance-"));
/** One for all laws, and ready: loading a model for each situation would take most of the time. */
const embeddings = new LocalEmbeddings({ cacheDir, threads: 1 });
await embeddings.load();
afterAll(async () => {
  await embeddings.close();
  await rm(cacheDir, { recursive: true });
});

await conformance({
  name: "LocalEmbeddings",
  unobserved: "vectors are computed in this process, there is no provider to stand in for",
  inputs: variedTexts.slice(0, 8),
  equals: (left, right) => left.every((value, index) => Math.abs(value - right[index]!) < 1e-5),
  patienceMs: 10_000,
  create: () => embeddings,
});
