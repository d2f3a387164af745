import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OURS } from "../provider/contenders/index.ts";
import { type Use, watchUse } from "../provider/other-user.ts";
import { runContender } from "../provider/run.ts";
import { ServerProcess } from "../provider/server-process.ts";
import { workloads } from "../provider/workloads.ts";
import type { SuiteReport } from "../report.ts";
import type { SuiteOptions } from "./index.ts";

/** Least share of what is there, from half a minute after each change on. */
const LEAST_SHARE = 0.9;
/** 429s that are no storm. */
const MOST_REFUSED = 20;
/** Windows of half a minute in which the other user comes, and goes. */
const CHANGES: ReadonlySet<number> = new Set([2, 4]);

/** Runs a long job while another user of the key takes half of the limits in its second minute. */
export async function measureShared({ items }: SuiteOptions): Promise<SuiteReport> {
  const compileCache = await mkdtemp(join(tmpdir(), "batchwise-bench-"));
  try {
    using emulator = await ServerProcess.start(compileCache);
    const stop = new AbortController();
    let uses: Promise<readonly Use[]> = Promise.resolve([]);
    const run = await runContender(
      { name: OURS, setting: {}, workload: "shared", items, seed: 1 },
      {
        emulator,
        compileCache,
        timeoutMs: 600_000,
        onStart: () => {
          uses = watchUse(emulator.baseURL, workloads.shared.limits.tokensPerMinute, stop.signal);
        },
      },
    ).finally(() => stop.abort());
    return reportOf(await uses, run);
  } finally {
    await rm(compileCache, { recursive: true });
  }
}

function reportOf(uses: readonly Use[], { lost }: { readonly lost: number }): SuiteReport {
  const steady = uses.filter((_, window) => !CHANGES.has(window));
  const refused = uses.reduce((sum, use) => sum + use.refused, 0);
  return {
    suite: "shared",
    title: "Tokens on a key of 2,000,000 a minute, half of which another user takes in the second minute",
    columns: [
      { key: "until", title: "until second" },
      { key: "there", title: "tokens left by the other user" },
      { key: "used", title: "used by Batchwise" },
      { key: "share", title: "share", digits: 3 },
      { key: "refused", title: "429s" },
    ],
    rows: uses.map((use, window) => ({ ...use, until: 30 * (window + 1), share: use.used / use.there })),
    targets: [
      {
        name: "Batchwise batch, least share of what is there, the half minutes of the changes left out",
        bound: "at least",
        limit: LEAST_SHARE,
        measured: Math.min(...steady.map(({ used, there }) => used / there)),
        unit: "of it",
      },
      { name: "Batchwise batch, 429s", bound: "at most", limit: MOST_REFUSED, measured: refused, unit: "429s" },
      { name: "Batchwise batch, inputs lost", bound: "at most", limit: 0, measured: lost, unit: "inputs" },
    ],
  };
}
