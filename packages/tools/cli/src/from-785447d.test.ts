import { cp, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { bulkRunnable, InputError, type JobBackend, type Runnable, runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { start, temporaryFolder } from "./testing/workbench.ts";

// Folders of runs of commit 785447d, by its built package: `--field text --keep id --output out.jsonl` over `in.jsonl`,
// each ended by SIGKILL. `resume`: --cache kept, where inputs 0, 4 and 5 were answered, 1 was refused, and the others
// were in flight. `retry`: --retry-failed over that output, when 1 had been answered. `offline`: --offline, when its
// two jobs were polled first; the lock is left out. Outputs are vectors of the text's length.
const FIXTURES = fileURLToPath(new URL("fixtures/from-785447d/", import.meta.url));
const OPTIONS = { field: "text", keep: ["id"], output: "out.jsonl" };
const REFUSED = '{"index":1,"error":{"code":"invalid_input","message":"Bad."},"id":"id 1"}';
const row = (index: number): string => `{"index":${index},"output":[${index === 1 ? 8 : 6}],"id":"id ${index}"}`;
const rows = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => row(from + at));

async function folderOf(run: string): Promise<string> {
  const folder = await temporaryFolder();
  await cp(path.join(FIXTURES, run), folder, { recursive: true });
  await cp(path.join(FIXTURES, "in.jsonl"), path.join(folder, "in.jsonl"));
  return folder;
}

async function linesIn(folder: string): Promise<string[]> {
  return (await readFile(path.join(folder, "out.jsonl"), "utf8")).split("\n").slice(0, -1);
}

function lengths(): Runnable<string, Float32Array> & { readonly sent: string[] } {
  const sent: string[] = [];
  const made = bulkRunnable<string, Float32Array>(async (texts) => {
    sent.push(...texts);
    return texts.map((text) => Float32Array.of(text.length));
  });
  return Object.assign(made, { sent });
}

test("opens what commit 785447d wrote: --resume continues after its rows, with its cache", async () => {
  const folder = await folderOf("resume");
  const adapter = lengths();
  const { result } = await start(folder, adapter, { ...OPTIONS, resume: true, cache: "kept" });
  expect(adapter.sent).toEqual(["text 2", "text 3", "text 6", "text 7"]);
  expect(await linesIn(folder)).toEqual([row(0), REFUSED, ...rows(2, 8)]);
  expect(result).toMatchObject({ status: "completed", answered: 6, earlier: 2, earlierFailed: 1, cache: { hits: 2 } });
});

test("opens what commit 785447d wrote: --retry-failed keeps its rows and replaces its partial file", async () => {
  const folder = await folderOf("retry");
  const adapter = lengths();
  await start(folder, adapter, { ...OPTIONS, retryFailed: true });
  expect(adapter.sent).toEqual(["bad text", ...[2, 3, 4, 5, 6, 7].map((at) => `text ${at}`)]);
  expect(await linesIn(folder)).toEqual(rows(0, 8));
  expect(await readdir(folder)).toEqual(["in.jsonl", "out.jsonl"]);
});

test("opens what commit 785447d wrote: --offline resumes its jobs, and creates none", async () => {
  const folder = await folderOf("offline");
  const backend: JobBackend<string, Float32Array> = {
    identity: "fake",
    caps: { lines: 5 },
    line: (inputs, id) => ({ id, text: JSON.stringify(inputs) }),
    create: () => Promise.reject(new InputError("No job is to be created.")),
    find: async () => [],
    poll: async () => ({ status: "ended" }),
    async *rows(id, inputsOf) {
      const count = Number(/^job of (\d+)$/.exec(id)?.[1]);
      for (let line = 0; line < count; line++) {
        const outcome = inputsOf(String(line)).map((text) => Float32Array.of(text.length));
        yield { id: String(line), outcome };
      }
    },
    cancel: async () => undefined,
  };
  const adapter = runnable((text: string) => Float32Array.of(text.length), { jobs: async () => backend });
  const { result } = await start(folder, adapter, { ...OPTIONS, offline: true });
  expect(result).toMatchObject({ status: "completed", answered: 8, failed: 0 });
  expect(await linesIn(folder)).toEqual(rows(0, 8));
  expect(await readdir(folder)).toEqual([".batchwise", "in.jsonl", "out.jsonl"]);
});
