import { mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { Writable } from "node:stream";
import { startEmulator } from "@batchwise/emulator";
import { FolderLock } from "@batchwise/folder-lock";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { FakeClock, runOn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { exitCodeOf } from "./index.ts";
import { reportOf } from "./report.ts";
import { messageOf } from "./result.ts";
import { type Ran, rowsIn, start, temporaryFolder, textLines } from "./testing/workbench.ts";

const OFFLINE = { offline: true, output: "out.jsonl" };

function embeddings(baseURL: string): OpenAIEmbeddings {
  return new OpenAIEmbeddings({ apiKey: "key", baseURL, dimensions: 3 });
}

test("the rows of a live run, at half the price, and the jobs are forgotten", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const folder = await temporaryFolder({ "in.jsonl": `${textLines(3)}x\n${textLines(2, (at) => `more ${at}`)}` });
  const adapter = embeddings(emulator.openaiBaseURL);
  await start(folder, adapter, { output: "live.jsonl" });
  const { result, stderr } = await start(folder, adapter, OFFLINE);
  expect(await rowsIn(folder)).toEqual(await rowsIn(folder, "live.jsonl"));
  expect(result).toMatchObject({ status: "completed", answered: 5, failed: 1 });
  expect(exitCodeOf(result)).toBe(1);
  expect(stderr).toMatch(/^Offline: 5 inputs in 1 job, at most \d+ tokens, \$[\d.e-]+ instead of \$/);
  expect(stderr).toMatch(/\nJob batch_\w+ created, 5 inputs\.\n(.*\n)*Job ended: 5 answered, 0 failed\.\n/);
  // A failed row keeps what `--retry-failed` compares.
  expect(await readdir(folder)).toEqual([
    ".batchwise",
    "in.jsonl",
    "live.jsonl",
    "live.jsonl.batchwise",
    "out.jsonl",
    "out.jsonl.batchwise",
  ]);
  expect(emulator.stats().jobs.created).toBe(1);
});

test("a job says how many of its inputs failed", async () => {
  await using emulator = await startEmulator({ tokens: "fast", jobs: { lineErrorRate: 0.3 } });
  const folder = await temporaryFolder({ "in.jsonl": textLines(100) });
  const { result, stderr } = await start(folder, embeddings(emulator.openaiBaseURL), { ...OFFLINE, attempts: 1 });
  expect(result.failed).toBeGreaterThan(0);
  expect(stderr).toContain(`Job ended: ${result.answered} answered, ${result.failed} failed.`);
});

test("Parquet as well; cached inputs are not sent again, and each row is its own input's", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const folder = await temporaryFolder({ "in.jsonl": textLines(3), "more.jsonl": '"new"\n"text 1"\n"newer"\n' });
  const adapter = embeddings(emulator.openaiBaseURL);
  const options = { offline: true, cache: "kept", jobs: "jobs" };
  await start(folder, adapter, { ...options, output: "out.parquet" });
  expect((await readFile(path.join(folder, "out.parquet"), "latin1")).slice(0, 4)).toBe("PAR1");
  const { result } = await start(folder, adapter, { ...options, output: "out.jsonl" });
  expect(result).toMatchObject({ answered: 3, cache: { hits: 3 } });
  expect(emulator.stats().jobs.created).toBe(1);
  await start(folder, adapter, { ...options, input: "more.jsonl", output: "more-out.jsonl" });
  await start(folder, adapter, { input: "more.jsonl", output: "live.jsonl" });
  expect(await rowsIn(folder, "more-out.jsonl")).toEqual(await rowsIn(folder, "live.jsonl"));
  expect((await rowsIn(folder, "more-out.jsonl"))[1]?.output).toEqual((await rowsIn(folder))[1]?.output);
  expect(await readdir(path.join(folder, "jobs"))).toContain("journal.jsonl");
});

test("ended by the user, the jobs go on; the same command resumes them, and pays once", async () => {
  await using emulator = await startEmulator({ tokens: "fast", jobs: { durationMs: 200 } });
  const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
  const adapter = embeddings(emulator.openaiBaseURL);
  const stop = new AbortController();
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      if (chunk.includes("created")) stop.abort(new Error("Stopped."));
      done();
    },
  });
  const first = await start(folder, adapter, OFFLINE, { drain: stop.signal, stderr });
  expect(first.result).toMatchObject({ status: "interrupted", hasJobs: true });
  expect(reportOf(first.result, OFFLINE)).toContain(
    "jobs that were created are kept, and the same command resumes them",
  );
  // The note of the run, which the next one is compared with.
  expect(await readdir(folder)).toEqual([".batchwise", "in.jsonl", "out.jsonl.batchwise"]);
  let second: Ran;
  do {
    const clock = new FakeClock();
    second = await runOn(clock, start(folder, adapter, OFFLINE, { clock }));
    // The first run is over before it has released the folder.
  } while (second.result.reason?.name === "JobStoreError");
  expect(second.result).toMatchObject({ status: "completed", answered: 3 });
  expect(second.stderr).toMatch(/Job batch_\w+ found again\./);
  expect(emulator.stats().jobs.created).toBe(1);
});

test("a second run in the jobs' folder says which option gives it another", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
  const lock = await FolderLock.take(await folderIn(folder, ".batchwise/jobs"));
  const { result } = await start(folder, embeddings(emulator.openaiBaseURL), OFFLINE);
  expect(result.status).toBe("stopped");
  expect(messageOf(result.reason)).toMatch(
    /in use by process \d+ on .*\. Wait until that has ended, or give another one with --jobs\./,
  );
  await lock.release();
});

async function folderIn(folder: string, name: string): Promise<string> {
  await mkdir(path.join(folder, name), { recursive: true });
  return path.join(folder, name);
}

test("ended by the user before there is a job, it does not say that jobs go on", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
  const adapter = embeddings(emulator.openaiBaseURL);
  const stop = new AbortController();
  let told = "";
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      told += chunk.toString();
      if (chunk.includes("Offline: ")) stop.abort(new Error("Stopped."));
      done();
    },
  });
  const { result } = await start(folder, adapter, OFFLINE, { drain: stop.signal, stderr });
  expect(result).toMatchObject({ status: "interrupted", hasJobs: false });
  expect(told).toMatch(/Output {4}out\.jsonl is not written yet: no job is known to have been created, and the same /);
  expect(emulator.stats().jobs.created).toBe(0);
  expect((await start(folder, adapter, OFFLINE)).result).toMatchObject({ status: "completed", answered: 3 });
});

test("--resume and --retry-failed keep existing rows and send the rest", async () => {
  await using emulator = await startEmulator({ tokens: "fast", trackInputs: true });
  const failed = '{"index":1,"error":{"code":"timeout","message":"Late."}}\n';
  const folder = await temporaryFolder({
    "in.jsonl": textLines(4),
    "out.jsonl": `{"index":0,"output":[9]}\n${failed}{"ind`,
  });
  const adapter = embeddings(emulator.openaiBaseURL);
  await start(folder, adapter, { ...OFFLINE, resume: true });
  expect((await rowsIn(folder)).map(({ index, output }) => [index, output !== undefined])).toEqual([
    [0, true],
    [1, false],
    [2, true],
    [3, true],
  ]);
  const { result } = await start(folder, adapter, { ...OFFLINE, retryFailed: true });
  expect(result).toMatchObject({ answered: 1, earlier: 3, earlierFailed: 0 });
  expect((await rowsIn(folder)).map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(Object.keys(emulator.stats().inputs ?? {})).toHaveLength(3);
});

test("jobs that may cost more than --max-cost are not sent; --estimate shows it beforehand", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
  const adapter = embeddings(emulator.openaiBaseURL);
  await expect(start(folder, adapter, { ...OFFLINE, maxCost: 1e-9 })).rejects.toThrow(
    /^Expected jobs within --max-cost \$0.000000001, got an estimate of \$.*\. Nothing was sent\.$/,
  );
  const { stdout, result } = await start(folder, adapter, { offline: true, estimate: true });
  expect(stdout).toMatch(/^Offline: 3 inputs in 1 job/);
  expect(result.jobsEstimate).toMatchObject({ inputs: 3, jobs: 1 });
  expect(emulator.stats().requests).toBe(0);
});

test.runIf(process.platform === "linux")(
  "an output that cannot be opened: nothing is sent; one that cannot be written: the jobs are kept, and nothing is paid twice",
  async () => {
    await using emulator = await startEmulator({ tokens: "fast" });
    const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
    const adapter = embeddings(emulator.openaiBaseURL);
    await expect(start(folder, adapter, { ...OFFLINE, output: "nowhere/out.jsonl" })).rejects.toThrow(
      /to be writable, got no such file or folder/,
    );
    expect(emulator.stats().requests).toBe(0);
    const part = path.join(folder, "out.jsonl.batchwise", "part-1.jsonl");
    await mkdir(path.dirname(part));
    await symlink("/dev/full", part);
    const { result } = await start(folder, adapter, OFFLINE);
    expect(result.status).toBe("stopped");
    expect(result.reason?.message).toMatch(/to be writable, got a full disk/);
    await rm(part);
    const again = await start(folder, adapter, OFFLINE);
    expect(again.result).toMatchObject({ status: "completed", answered: 3 });
    expect(emulator.stats().jobs.created).toBe(1);
  },
);
