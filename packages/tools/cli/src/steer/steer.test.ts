import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import { startEmulator } from "@batchwise/emulator";
import { pgliteBackend } from "@batchwise/queue";
import { expect, test, vi } from "vitest";
import { runCommandLine } from "../index.ts";
import { startChild } from "../testing/child.ts";
import { echoFolder, echoIn } from "../testing/echo.ts";
import { until } from "../testing/slow-run.ts";
import { loadQueue } from "./queue-command.ts";
import { Memory, temporaryFolder, textLines } from "../testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

interface Ran {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

async function onProcess(folder: string, baseURL: string, ...argv: string[]): Promise<Ran> {
  const child = startChild(folder, baseURL, argv);
  return { code: await child.ended, ...child.said };
}

/** The command within this process, with a terminal of so many columns and someone who answers. */
async function onTerminal(folder: string, columns: number, answer: string, ...argv: string[]): Promise<Ran> {
  const [stdout, stderr] = [Object.assign(new Memory(), { columns }), new Memory()];
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.end(answer);
  const code = await runCommandLine(argv, { folder, stdin, stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

test("cache stats, prune and clear", async () => {
  const folder = await echoFolder({ "in.jsonl": textLines(1000) });
  const nowhere = "http://127.0.0.1:9";
  expect((await echoIn(folder, "in.jsonl", "-o", "out.jsonl", "--cache", "kept")).code).toBe(0);
  const stats = await onProcess(folder, nowhere, "cache", "stats", "kept");
  expect(stats).toMatchObject({ code: 0, stderr: "" });
  expect(stats.stdout).toMatch(/^Results +Size +Oldest +Newest\n1,000 +\d+ kB +\S.* ago +\S.* ago\n$/);

  const unasked = await onProcess(folder, nowhere, "cache", "prune", "kept", "--max-size", "0.05");
  expect(unasked).toMatchObject({ code: 2, stdout: "" });
  expect(unasked.stderr).toMatch(
    /^Deletes \d+ of 1,000 results, those saved first\.\nerror: Expected --yes, or a terminal/,
  );
  const pruned = await onProcess(folder, nowhere, "cache", "prune", "kept", "--max-size", "0.05", "--yes");
  expect(pruned).toMatchObject({ code: 0, stderr: "" });
  expect(pruned.stdout).toMatch(/^\d+ results deleted; \d+ kB are left\.\n$/);
  const old = await onProcess(folder, nowhere, "cache", "prune", "kept", "--older-than", "1");
  expect(old).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0 results deleted/) });

  const narrow = await onTerminal(folder, 40, "", "cache", "stats", "kept");
  expect(narrow.stdout).toMatch(/^Results +\d+\nSize +\d+ kB\nOldest +.* ago\nNewest +.* ago\n$|^Results +Size/);
  expect(narrow.stdout.split("\n").every((line) => line.length <= 40)).toBe(true);
  expect(await onTerminal(folder, 80, "n\n", "cache", "clear", "kept")).toMatchObject({ code: 130, stdout: "" });
  const cleared = await onTerminal(folder, 80, "y\n", "cache", "clear", "kept");
  expect(cleared.stderr).toMatch(/Deletes all \d+ results? \(\d+ kB\): they would be paid again\. Go on\?/);
  expect(cleared).toMatchObject({ code: 0, stdout: expect.stringMatching(/deleted; \d+ kB are left/) });
  expect((await onProcess(folder, nowhere, "cache", "stats", "kept")).stdout).toMatch(/\n0 +\d+ kB +none +none\n$/);
});

test("jobs list, show and cancel, of a run that was killed; the same command goes on", async () => {
  await using emulator = await startEmulator({ tokens: "fast", jobs: { durationMs: 600_000 } });
  const url = emulator.openaiBaseURL;
  const adapter = "@batchwise/openai#embeddings";
  const folder = await temporaryFolder({ "in.jsonl": textLines(5) });
  const run = startChild(folder, url, ["run", adapter, "in.jsonl", "-o", "out.jsonl", "--offline"]);
  await until(run, () => run.said.stderr.includes("created"));
  const id = /Job (\S+) created/.exec(run.said.stderr)?.[1] ?? "";

  const local = await onProcess(folder, url, "jobs", "list");
  expect(local).toMatchObject({ code: 0, stderr: "" });
  expect(local.stdout).toMatch(new RegExp(`Job +${id}\\n|${id} +batchwise-`));
  run.kill("SIGKILL");
  await run.ended;
  const listed = await onProcess(folder, url, "jobs", "list", adapter);
  expect(listed.stdout).toContain("running");
  const shown = await onProcess(folder, url, "jobs", "show", id, adapter);
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });

  expect(await onProcess(folder, url, "jobs", "cancel", "all", adapter)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Cancels 1 job at the provider; .*\nerror: Expected --yes/),
  });
  expect(await onProcess(folder, url, "jobs", "cancel", id, adapter, "--yes")).toEqual({
    code: 0,
    stdout: `Job ${id} is canceled.\n`,
    stderr: "",
  });
  expect((await onProcess(folder, url, "jobs", "show", id, adapter)).stdout).toContain("ended");
  expect(await onProcess(folder, url, "jobs", "show", "batch_none", adapter)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("`batchwise jobs list` lists them."),
  });
});

test.each([
  [["cache", "stats", "nowhere"], "Expected a cache in nowhere, got no such file or folder."],
  [["cache", "prune", "kept"], "Expected --older-than or --max-size, got neither."],
  [["cache", "prune", "kept", "--max-size", "much"], "Give a number from 0"],
  [["cache"], "Usage: batchwise cache"],
  [
    ["jobs", "list"],
    "Expected a journal of jobs in .batchwise/jobs, got no such file or folder. Give the folder of --jobs",
  ],
  [["jobs", "list", "--jobs", "kept/cache.sqlite"], "Expected a journal of jobs in kept/cache.sqlite, got a file."],
  [["jobs", "show", "x"], "missing required argument 'adapter'"],
])("%j: exit code 2, and advice", async (argv, advice) => {
  const folder = await temporaryFolder({ "kept/cache.sqlite": "" });
  const { code, stderr } = await onTerminal(folder, 80, "", ...argv);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(advice) });
});

test("--help of every command", async () => {
  const groups = [
    "cache",
    "cache stats",
    "cache prune",
    "cache clear",
    "jobs",
    "jobs list",
    "jobs show",
    "jobs cancel",
  ];
  for (const group of [...groups, "queue", "queue status", "queue purge"]) {
    const { code, stdout } = await onTerminal("/", 80, "", ...group.split(" "), "--help");
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: batchwise ${group}`);
  }
});

test("queue hands on to @batchwise/queue, with its exit code", async () => {
  const folder = await temporaryFolder();
  const database = path.join(folder, "queue");
  const backend = pgliteBackend({ dir: database });
  await backend.open();
  await backend.close();
  expect(await onProcess(folder, "", "queue", "status", "--dir", database)).toEqual({
    code: 0,
    stdout: "No batch is in the database.\n\nWorkers: none\n",
    stderr: "",
  });
  expect(await onProcess(folder, "", "queue", "purge", "none", "--dir", database, "--yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Expected the id of a batch in the database"),
  });
});

test("queue says at once that its database is waited for, and makes none where there is no folder", async () => {
  vi.stubEnv("DATABASE_URL", "postgres://user:password@127.0.0.1:9/queue");
  const folder = await temporaryFolder();
  const waiting = startChild(folder, "", ["queue", "status"]);
  await until(waiting, () => waiting.said.stderr.includes("Trying again."));
  expect(waiting.said.stderr).toContain("nothing that listens at its host and port (ECONNREFUSED)");
  expect(await onProcess(folder, "", "queue", "status", "--dir", "none")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Expected --dir to be a folder with a queue, got another."),
  });
  expect(await readdir(folder)).toEqual([]);
});

test("queue without @batchwise/queue says how it is installed, and nothing depends on it", async () => {
  const folder = await temporaryFolder();
  await expect(loadQueue([folder])).rejects.toThrow("npm install @batchwise/queue @batchwise/core");
  const { dependencies } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly dependencies: object;
  };
  expect(Object.keys(dependencies)).not.toContain("@batchwise/queue");
});
