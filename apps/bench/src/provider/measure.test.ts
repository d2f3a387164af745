import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boundMs } from "./bound.ts";
import { EmulatorProcess } from "./emulator.ts";
import { type Entry, type MeasuredRun, measureWorkload } from "./measure.ts";
import { runContender, type RunOptions } from "./run.ts";
import { workloads } from "./workload.ts";

const NAME = "openai + p-map + p-retry";
const task = { name: NAME, setting: { size: 16 }, workload: "embed", items: 40, seed: 1 } as const;

// Processes start, on machines of all kinds.
const patience = { timeout: 60_000 };

describe("runContender", patience, () => {
  let options: RunOptions;
  beforeAll(async () => {
    const compileCache = await mkdtemp(join(tmpdir(), "bench-run-"));
    options = { emulator: await EmulatorProcess.start(), patienceMs: 20_000, compileCache };
  });
  afterAll(async () => {
    options.emulator[Symbol.dispose]();
    await rm(options.compileCache, { recursive: true });
  });

  test("a run tells what the contender did and what the emulator counted for it alone", async () => {
    const run = await runContender(task, options);
    expect(run).toMatchObject({ lost: 0, failure: undefined });
    expect(run.counts).toMatchObject({ requests: 3, rateLimited: 0, inputsAnswered: 40, tokensWasted: 0 });
    expect(run.peak).toBeGreaterThanOrEqual(run.level);
    expect(run.milliseconds).toBeGreaterThan(0);
  });

  test("a contender that gives nothing has lost everything, and says by what", async () => {
    const emulator = options.emulator;
    // The emulator refuses the one poisoned text, and LangChain all others with it.
    const faulty = { name: "LangChain", setting: { retries: 0 }, workload: "faulty", items: 1000, seed: 1 } as const;
    const run = await runContender(faulty, { ...options, emulator });
    expect(run).toMatchObject({ lost: 999, failure: "BadRequestError" });
  });

  test("a run beyond patience is given up, and everything is lost", async () => {
    const run = await runContender(task, { ...options, patienceMs: 1 });
    expect(run).toMatchObject({ lost: 40, milliseconds: 1, failure: "given up" });
    expect(run.peak).toBeNaN();
  });

  test("an unknown contender ends the measurement with its name", async () => {
    await expect(runContender({ ...task, name: "nobody" }, options)).rejects.toThrow(
      "nobody: its process was to answer, and ended with 1",
    );
  });
});

test(
  "each round has a seed and a bound of its own, and who has used half the bound sits the rest out",
  patience,
  async () => {
    const entries: readonly Entry[] = [
      { name: NAME, setting: {}, always: true },
      { name: NAME, setting: { size: 16 }, always: false },
    ];
    const told: [Entry, MeasuredRun][] = [];
    const measured = await measureWorkload("embed", entries, {
      items: 30,
      rounds: 2,
      onRun: (entry, run) => told.push([entry, run]),
    });
    const [first, second] = entries.map((entry) => measured.runs.get(entry) ?? []);
    expect(first).toHaveLength(2);
    expect(second).toHaveLength(1);
    expect(told.map(([entry]) => entry)).toEqual([entries[0], entries[1], entries[0]]);
    expect(first?.[0]?.counts.tokensAdmitted).toBe(measured.demand.tokens);
    expect(first?.[1]?.counts.tokensAdmitted).not.toBe(measured.demand.tokens);
    expect(measured.demand.inputs).toBe(30);
    expect(measured.boundMs).toBe(boundMs(workloads.embed, measured.demand));
  },
);
