import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import { type Emulator, startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { FakeClock, runOn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import type { RunOptions } from "./index.ts";
import { type Ran, rowsIn, start, temporaryFolder, textLines } from "./testing/workbench.ts";

// Seen in use, 2026-11-30: an interrupted offline run was resumed with one more input, and all were paid again.
const OFFLINE = { offline: true, output: "out.jsonl" };

interface Stopped {
  readonly folder: string;
  /** Runs again, until the jobs' folder is free. */
  readonly run: (options: Partial<RunOptions>, typed?: string) => Promise<Ran>;
}

/** Run of three inputs that was stopped once its job was created. */
async function stopped(emulator: Emulator, options: Partial<RunOptions> = {}): Promise<Stopped> {
  const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
  const adapter = new OpenAIEmbeddings({ apiKey: "key", baseURL: emulator.openaiBaseURL, dimensions: 3 });
  const stop = new AbortController();
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      if (chunk.includes("created")) stop.abort(new Error("Stopped."));
      done();
    },
  });
  const { result } = await start(folder, adapter, { ...OFFLINE, ...options }, { drain: stop.signal, stderr });
  expect(result).toMatchObject({ status: "interrupted", hasJobs: true });
  const run = async (more: Partial<RunOptions>, typed?: string): Promise<Ran> => {
    for (;;) {
      const clock = new FakeClock();
      const environment = { clock, ...(typed !== undefined && { stdin: Readable.from([Buffer.from(typed)]) }) };
      const ran = await runOn(clock, start(folder, adapter, { ...options, ...more }, environment));
      // The first run is over before it has released the folder.
      if (ran.result.reason?.name !== "JobStoreError") return ran;
    }
  };
  return { folder, run };
}

/** Times that each input was sent. */
function sent(emulator: Emulator): number[] {
  return Object.values(emulator.stats().inputs ?? {}).map((input) => input.sent);
}

test.each([{ resume: true }, {}])("an input that grew resumes the jobs, then sends the rest: %o", async (resume) => {
  await using emulator = await startEmulator({ tokens: "fast", trackInputs: true, jobs: { durationMs: 200 } });
  const { folder, run } = await stopped(emulator);
  await writeFile(path.join(folder, "in.jsonl"), textLines(5));
  const { result, stderr } = await run({ ...OFFLINE, ...resume });
  expect(result).toMatchObject({ status: "completed", answered: 2, earlier: 3 });
  expect(stderr).toMatch(/Job batch_\w+ found again\.\n(.*\n)*Offline: 2 inputs in 1 job/);
  expect((await rowsIn(folder)).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(sent(emulator)).toEqual([1, 1, 1, 1, 1]);
  expect(await readdir(folder)).toEqual([".batchwise", "in.jsonl", "out.jsonl"]);
});

const LEAVING: Readonly<Record<string, readonly [options: Partial<RunOptions>, got: string]>> = {
  "an option": [{ ...OFFLINE, resume: true, set: { dimensions: 2 } }, "another --set dimensions"],
  "fewer inputs": [{ ...OFFLINE, resume: true, limit: 2 }, "2 inputs instead of 3"],
  "an option that only jobs depend on": [{ ...OFFLINE, resume: true, dedupe: true }, "another --dedupe"],
  "an option, without --resume": [{ ...OFFLINE, set: { dimensions: 2 } }, "another --set dimensions"],
  "a live run that resumes": [{ output: "out.jsonl", resume: true }, "a run without --offline"],
  "a live run": [{ output: "out.jsonl" }, "a run without --offline"],
};

test.each(Object.entries(LEAVING))(
  "a run that would leave paid jobs alone is refused: %s",
  async (_, [options, got]) => {
    await using emulator = await startEmulator({ tokens: "fast", trackInputs: true, jobs: { durationMs: 200 } });
    const { run } = await stopped(emulator);
    await expect(run(options)).rejects.toThrow(
      new RegExp(
        String.raw`^Expected the command and the input that began out.jsonl, of which offline jobs go on \(batch_\w+\), got ${got}. ` +
          "Nothing was sent. Give the same, and they are resumed. To pay again: `batchwise jobs cancel`, then --overwrite, ",
      ),
    );
    expect((await run(OFFLINE)).result).toMatchObject({ status: "completed", answered: 3 });
    expect(sent(emulator)).toEqual([1, 1, 1]);
  },
);

test("another input, and a grown one of standard input, are refused; so is the default folder instead of the run's", async () => {
  await using emulator = await startEmulator({ tokens: "fast", trackInputs: true, jobs: { durationMs: 200 } });
  const { folder, run } = await stopped(emulator, { jobs: "jobs" });
  await expect(run({ ...OFFLINE, input: "-" }, textLines(4))).rejects.toThrow("got 4 inputs instead of 3.");
  await expect(run({ ...OFFLINE, jobs: undefined })).rejects.toThrow("got another --jobs.");
  await writeFile(
    path.join(folder, "in.jsonl"),
    textLines(3, (at) => `other ${at}`),
  );
  await expect(run(OFFLINE)).rejects.toThrow("got another input at 0, counted from 0.");
  expect(emulator.stats().jobs.created).toBe(1);
});

test.each([{ jobs: "others" }, { overwrite: true }])("the ways out pay again: %o", async (way) => {
  await using emulator = await startEmulator({ tokens: "fast", jobs: { durationMs: 200 } });
  const { run } = await stopped(emulator);
  const { result } = await run({ ...OFFLINE, ...way, set: { dimensions: 2 }, limit: 2 });
  expect(result).toMatchObject({ status: "completed", answered: 2 });
  expect(emulator.stats().jobs.created).toBe(2);
});
