import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ArgumentError, ProviderError } from "@batchwise/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ONNX_SHA256, universalSentenceEncoder } from "./model.ts";
import { weightsFolder } from "./weights.ts";

// A safeguard, not a measure: threads and processes start here, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-encoder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("converts the installed weights once, exactly, and says so before", async () => {
  const heard: string[] = [];
  const options = { cacheFolder: folder, onConvert: () => heard.push("convert") };
  const { network, maxTokens } = await universalSentenceEncoder(options);
  expect(await sha256(network.onnxFile)).toBe(ONNX_SHA256);
  expect(maxTokens).toBe(128);
  await universalSentenceEncoder(options);
  expect(heard).toEqual(["convert"]);
});

test("a damaged conversion is made again", async () => {
  const { network } = await universalSentenceEncoder({ cacheFolder: folder });
  await truncate(network.onnxFile, 1_000_000);
  await universalSentenceEncoder({ cacheFolder: folder });
  expect(await sha256(network.onnxFile)).toBe(ONNX_SHA256);
});

test("processes that convert at once leave one good file", async () => {
  const script = `
    import { universalSentenceEncoder } from ${JSON.stringify(new URL("./model.ts", import.meta.url).href)};
    let converted = 0;
    await universalSentenceEncoder({ cacheFolder: ${JSON.stringify(folder)}, onConvert: () => converted++ });
    console.log(converted);
  `;
  const flags = ["--conditions=@batchwise/source", "--input-type=module", "--eval", script];
  const runs = await Promise.all([1, 2].map(() => promisify(execFile)(process.execPath, flags)));
  expect(runs.map(({ stdout }) => Number(stdout)).reduce((sum, each) => sum + each)).toBeGreaterThanOrEqual(1);
  expect(runs.map(({ stderr }) => stderr)).toEqual(["", ""]);
  const files = await readdir(folder);
  expect(files).toHaveLength(1);
  expect(await sha256(join(folder, files[0]!))).toBe(ONNX_SHA256);
});

test("damaged weights are a ProviderError that names the files, the hashes and the package", async () => {
  const damaged = await copyOfWeights("group1-shard3of7", async (file, original) => {
    await copyFile(original, file);
    await truncate(file, 4_194_303);
  });
  const failed = universalSentenceEncoder({
    cacheFolder: join(folder, "cache"),
    weightsFolder: damaged,
  });
  await expect(failed).rejects.toSatisfy((error) => ProviderError.isInstance(error) && !error.retryable);
  await expect(failed).rejects.toThrow(/Expected SHA-256 7136.* in .*group1-shard.*, got .*Install @energetic-ai/);
  await expect(failed).rejects.toMatchObject({ providerCode: "model_broken" });
});

test("a damaged vocabulary is found too: it would give other vectors unnoticed", async () => {
  const damaged = await copyOfWeights("vocab.json", async (file, original) => {
    await writeFile(file, (await readFile(original, "utf8")).replace("-3.28", "-3.29"));
  });
  const failed = universalSentenceEncoder({
    cacheFolder: join(folder, "cache"),
    weightsFolder: damaged,
  });
  await expect(failed).rejects.toThrow(/Expected SHA-256 .* in .*vocab\.json, got /);
});

test("missing weights are an ArgumentError", async () => {
  const failed = universalSentenceEncoder({
    cacheFolder: folder,
    weightsFolder: join(folder, "nowhere"),
  });
  await expect(failed).rejects.toSatisfy((error) => ArgumentError.isInstance(error));
  await expect(failed).rejects.toThrow(/Expected the file .*nowhere.*, got none/);
});

/** The installed weights' folder with one file replaced. */
async function copyOfWeights(
  name: string,
  replace: (file: string, original: string) => Promise<void>,
): Promise<string> {
  const copy = await mkdtemp(join(folder, "weights-"));
  for (const file of await readdir(weightsFolder())) {
    if (file !== name) await symlink(join(weightsFolder(), file), join(copy, file));
  }
  await replace(join(copy, name), join(weightsFolder(), name));
  return copy;
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
