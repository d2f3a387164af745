import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boundMs } from "./bound.ts";
import { ServerProcess } from "./server-process.ts";
import { type Entry, type MeasuredRun, measureWorkload } from "./measure.ts";
import { runContender, type RunOptions } from "./run.ts";
import { workloads } from "./workloads.ts";

const NAME = "openai + p-map + p-retry";
const task = { name: NAME, setting: { size: 16 }, workload: "embed", items: 40, seed: 1 } as const;

// Processes start, on machines that may be busy.
const slow = { timeout: 60_000 };

describe("runContender", slow, () => {
  let options: RunOptions;
  beforeAll(async () => {
    const compileCache = await mkdtemp(join(tmpdir(), "bench-run-"));
    options = { emulator: await ServerProcess.start(), timeoutMs: 20_000, compileCache };
  });
  afterAll(async () => {
    options.emulator[Symbol.dispose]();
    await rm(options.compileCache, { recursive: true });
  });

  test("a run has the contender's figures and the emulator's counts for it alone", async () => {
    const run = await runContender(task, options);
    expect(run).toMatchObject({ lost: 0, failure: undefined });
    expect(run.counts).toMatchObject({ requests: 3, rateLimited: 0, inputsAnswered: 40, tokensWasted: 0 });
    expect(run.peak).toBeGreaterThanOrEqual(run.level);
    expect(run.milliseconds).toBeGreaterThan(0);
  });

  test("a contender that fails as a whole has lost everything, and its error is named", async () => {
    const emulator = options.emulator;
    // The emulator refuses the one bad text, and LangChain loses all others with it.
    const faulty = { name: "LangChain", setting: { retries: 0 }, workload: "faulty", items: 1000, seed: 1 } as const;
    const run = await runContender(faulty, { ...options, emulator });
    expect(run).toMatchObject({ lost: 999, failure: "BadRequestError" });
  });

  test("a run beyond its timeout is given up, and everything is lost", async () => {
    const run = await runContender(task, { ...options, timeoutMs: 1 });
    expect(run).toMatchObject({ lost: 40, milliseconds: 1, failure: "given up" });
    expect(run.peak).toBeNaN();
  });

  test("an unknown contender ends the measurement with its name", async () => {
    await expect(runContender({ ...task, name: "unknown" }, options)).rejects.toThrow(
      /^Expected the process of unknown to answer, got its end with 1\.\n[^]*Error: Expected a contender .+ got "unknown"\./,
    );
  });
});

test(
  "each round has its own seed and bound, and an entry that has used half the bound sits the rest out",
  slow,
  async () => {
    const entries: readonly Entry[] = [
      { name: NAME, setting: {}, always: true },
      { name: NAME, setting: { size: 16 }, always: false },
    ];
    const reported: [Entry, MeasuredRun][] = [];
    const measured = await measureWorkload("embed", entries, {
      items: 30,
      rounds: 2,
      onRun: (entry, run) => reported.push([entry, run]),
    });
    const [first, second] = entries.map((entry) => measured.runs.get(entry) ?? []);
    expect(first).toHaveLength(2);
    expect(second).toHaveLength(1);
    expect(reported.map(([entry]) => entry)).toEqual([entries[0], entries[1], entries[0]]);
    expect(first?.[0]?.counts.tokensAdmitted).toBe(measured.demand.tokens);
    expect(first?.[1]?.counts.tokensAdmitted).not.toBe(measured.demand.tokens);
    expect(measured.demand.inputs).toBe(30);
    expect(measured.boundMs).toBe(boundMs(workloads.embed, measured.demand));
  },
);
