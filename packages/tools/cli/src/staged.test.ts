import { cpSync, existsSync, readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { type JobBackend, type Runnable, runnable } from "@batchwise/core";
import { FakeClock, runOn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { rowsIn, start, temporaryFolder, textLines } from "./testing/workbench.ts";

/** Provider whose jobs have two lines each; all but the first run on until they may end. */
class Provider {
  readonly created: (readonly string[])[] = [];
  mayEnd = false;
  /** Lines of the first job that have rows: the inputs of others go into one more job. */
  answered = ["0", "1"];

  runnable(): Runnable<string, string> {
    const { answered } = this;
    const backend: JobBackend<string, string> = {
      identity: "two lines",
      caps: { lines: 2 },
      line: (inputs, id) => ({ id, text: JSON.stringify(inputs) }),
      create: async (lines) => {
        this.created.push(lines.map(({ text }) => (JSON.parse(text) as string[])[0] ?? ""));
        return String(this.created.length - 1);
      },
      find: async () => [],
      poll: async (id) => ({ status: id === "0" || this.mayEnd ? "ended" : "running" }),
      rows: async function* (this: void, id, inputsOf) {
        for (const line of id === "0" ? answered : ["0", "1"])
          if (inputsOf(line).length > 0) yield { id: line, outcome: inputsOf(line).map((text) => `${id}: ${text}`) };
      },
      cancel: async () => undefined,
    };
    return runnable(async (text: string) => text, { jobs: async () => backend });
  }
}

const OPTIONS = { offline: true, output: "out.jsonl", jobs: "../jobs", resume: true };

/** Runs until the first job has ended. The folder is copied then, as a kill would leave it. */
async function untilFirstJob(provider: Provider, folder: string, jobs: number): Promise<void> {
  const stop = new AbortController();
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      done();
      if (!chunk.includes("Job ended")) return;
      void untilWritten(path.join(folder, "out.jsonl.batchwise", "part-1.jsonl")).then(async () => {
        while (provider.created.length < jobs) await setImmediate();
        await setImmediate();
        const isLock = (file: string): boolean => path.basename(file).startsWith("lock-");
        cpSync(folder, `${folder}-killed`, { recursive: true, filter: (file) => !isLock(file) });
        stop.abort(new Error("Stopped."));
      });
    },
  });
  const { result } = await start(folder, provider.runnable(), OPTIONS, { drain: stop.signal, stderr });
  expect(result).toMatchObject({ status: "interrupted", answered: 0 });
}

async function untilWritten(file: string): Promise<void> {
  while (!existsSync(file) || readFileSync(file, "utf8") === "") await setImmediate();
}

test.each(["new", "resumed", "retried"])(
  "P40 killed when one of several jobs has ended, a %s run makes the same jobs, and its rows count once all are there",
  async (kind) => {
    const provider = new Provider();
    if (kind === "retried") provider.answered = ["0"];
    const earlier = kind !== "resumed" ? {} : { "out.jsonl": '{"index":0,"output":"earlier"}\n' };
    const root = await temporaryFolder({ "run/in.jsonl": textLines(5), ...prefixed(earlier) });
    const folder = path.join(root, "run");
    const jobs = { new: 3, resumed: 2, retried: 4 }[kind] ?? 0;
    await untilFirstJob(provider, folder, jobs);
    const killed = `${folder}-killed`;
    expect(await readdir(path.join(killed, "out.jsonl.batchwise"))).toContain("part-1.jsonl");
    provider.mayEnd = true;
    for (const each of [killed, folder]) {
      const clock = new FakeClock();
      const { result } = await runOn(clock, start(each, provider.runnable(), OPTIONS, { clock }));
      expect(result.reason).toBeUndefined();
      expect(result.status).toBe("completed");
      // Jobs of the run that was stopped are found again, by the first. They are forgotten then.
      expect(provider.created).toHaveLength(each === killed ? jobs : jobs + (kind === "resumed" ? 2 : 3));
      const rows = await rowsIn(each);
      expect(rows.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
      expect(rows.map(({ output }) => String(output).replace(/^.*: /, ""))).toEqual([
        kind === "resumed" ? "earlier" : "text 0",
        "text 1",
        "text 2",
        "text 3",
        "text 4",
      ]);
      expect(await readdir(each)).toEqual(["in.jsonl", "out.jsonl"]);
    }
    await rm(killed, { recursive: true });
  },
);

function prefixed(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`run/${name}`, text]));
}
