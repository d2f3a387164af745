import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import * as openai from "@batchwise/openai";
import { snippetsIn } from "@batchwise/testkit";
import { expect, test, vi } from "vitest";
import * as cache from "./index.ts";

const readme = new URL("../README.md", import.meta.url);

test("the snippet runs and prints what it says", async () => {
  const folder = await mkdtemp(join(tmpdir(), "batchwise-readme-"));
  await using emulator = await startEmulator({ tokens: "fast", trackInputs: true });
  vi.stubEnv("OPENAI_API_KEY", "key");
  vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  const [snippet, ...others] = await snippetsIn(readme);
  expect(others).toEqual([]);
  expect(await snippet?.run({ "@batchwise/cache": cache, "@batchwise/openai": openai })).toEqual([[3, 2, 3]]);
  expect(Object.values(emulator.stats().inputs ?? {}).map(({ charged }) => charged)).toEqual([1, 1, 1]);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

test("the tables have every option", async () => {
  const text = await readFile(readme, "utf8");
  const refused = [
    () => cache.withCache({} as never, {} as never),
    () => cache.withCache(new openai.OpenAIEmbeddings({ apiKey: "key" }), { namespace: "n", zzz: 1 } as never),
    () => cache.fileStore({ zzz: 1 } as never),
  ].map((make) => {
    try {
      make();
    } catch (error) {
      if (ArgumentError.isInstance(error)) return error.message;
    }
    return "";
  });
  const names = refused.flatMap((message) => /Known: (.*)\.$/.exec(message)?.[1]?.split(", ") ?? []);
  expect(names).toHaveLength(11 + 3);
  expect(names.filter((name) => !text.includes(`| \`${name}\``))).toEqual([]);
});
