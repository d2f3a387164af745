import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as core from "@batchwise/core";
import { snippetsIn } from "@batchwise/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as queue from "./index.ts";

const LIMIT_MS = 120_000;
const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];
let dir: string;
let backend: queue.QueueBackend;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "batchwise-queue-"));
  backend = queue.pgliteBackend({ dir });
});

afterAll(async () => {
  await backend?.close();
  await rm(dir, { recursive: true, force: true });
}, LIMIT_MS);

async function run(...argv: readonly string[]): Promise<{ code: number | null; signal: string | null; text: string }> {
  const child = spawn(process.execPath, [...conditions, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, text };
}

test(
  "P40 a process that was killed in the middle: finished chunks are kept, the one in progress is worked on again",
  { timeout: LIMIT_MS },
  async () => {
    const script = fileURLToPath(new URL("fixtures/killed-in-the-middle.ts", import.meta.url));
    expect(await run(script, dir)).toMatchObject({ signal: "SIGKILL" });
    const calls: number[] = [];
    const double = core.bulkRunnable(async (inputs: readonly number[]) => {
      calls.push(...inputs);
      return inputs.map((input) => 2 * input);
    });
    const worker = queue.createWorker({ backend, runnables: { double } });
    const inputs = Array.from({ length: 20 }, (_, index) => index);
    const distributed = queue.distribute(double, { backend, name: "double", chunkSize: 5, batchId: "numbers" });
    expect(await distributed.batch(inputs)).toEqual(inputs.map((input) => 2 * input));
    expect(calls.toSorted((one, two) => one - two)).toEqual(inputs.slice(10));
    await distributed.forget();
    await worker.drain();
  },
);

test(
  "a second process gets a clear error, and the first one's database stays as it is",
  { timeout: LIMIT_MS },
  async () => {
    await backend.open();
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const module = fileURLToPath(new URL("fixtures/doubling.ts", import.meta.url));
    const { code, text } = await run(main, module, "--dir", dir);
    expect(code).toBe(1);
    expect(text).toContain("in use by process");
    expect(text).toContain("postgresBackend");
    expect(await readdir(dir)).toContain("pglite");
  },
);

// Without a code, as an outage of a server has none (electric-sql/pglite#884): it was waited for, for a minute.
test("a folder that cannot be one of a queue, or whose database is damaged, is an error at once", async () => {
  const broken = join(dir, "broken");
  await mkdir(join(broken, "pglite"), { recursive: true });
  await writeFile(join(broken, "pglite", "PG_VERSION"), "17\n");
  const opened = (at: string): Promise<unknown> => {
    const other = queue.pgliteBackend({ dir: at });
    return other.open().finally(() => other.close());
  };
  await expect(opened(broken)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(
      /^Expected the queue's folder to hold a whole database of PGlite, got one that/,
    ) as string,
  });
  await writeFile(join(dir, "file"), "");
  await expect(opened(join(dir, "file"))).rejects.toThrow(
    "Expected the queue's folder to be there or to be made, got a file in its path where a folder should be.",
  );
});

test("queue commands make no database in a folder that has none", async () => {
  const texts = { out: "", error: "" };
  const streams = { out: (text: string) => (texts.out += text), error: (text: string) => (texts.error += text) };
  expect(await queue.runQueueCommand(["status", "--dir", join(dir, "none")], streams)).toBe(2);
  expect(texts).toEqual({
    out: "",
    error: "error: Expected --dir to be a folder with a queue, got another. Give the `dir` of its backend.\n",
  });
  expect(await readdir(dir)).not.toContain("none");
});

test("the README's snippets run, and print what they say", { timeout: LIMIT_MS }, async () => {
  const snippets = await snippetsIn(new URL("../README.md", import.meta.url));
  const modules = { "@batchwise/core": core, "@batchwise/queue": { ...queue, pgliteBackend: () => backend } };
  expect(snippets).toHaveLength(1);
  for (const snippet of snippets) {
    const promised = [...snippet.code.matchAll(/^console\.log.*; \/\/ (.*)$/gm)].map((match) => match[1]);
    const printed = await snippet.run(modules);
    expect(printed.map((values) => JSON.stringify(values[0]))).toEqual(promised);
  }
});
