import { Session } from "node:inspector/promises";
import { pathToFileURL } from "node:url";

/** Functions that are entered while one text goes through a batch. */
export interface Trace {
  /** Entries in all. A function that waits is entered again when it goes on. */
  readonly entries: number;
  /** Files of core in which they are, with the entries of each. */
  readonly files: Readonly<Record<string, number>>;
}

/** `bulk` has a limiter, retries, a timeout and weights; `plain` has nothing. */
export type Kind = "bulk" | "plain";

/**
 * Follows one text through a batch of a copy of core, by V8's own precise count of calls.
 *
 * @param core folder of the package
 */
export async function follow(core: string, kind: Kind): Promise<Trace> {
  const { bulkRunnable, rateLimiter, runnable } = (await import(
    pathToFileURL(`${core}/src/index.ts`).href
  )) as typeof import("@batchwise/core");
  const subject =
    kind === "plain"
      ? runnable(async (text: string) => text.length)
      : bulkRunnable(async (texts: readonly string[]) => texts.map((text) => text.length), {
          request: { maxInputs: 8 },
          maxConcurrency: 2,
          retry: { attempts: 3 },
          timeoutMs: 1000,
          limiter: rateLimiter({ requestsPerMinute: 1e6, tokensPerMinute: 1e9 }),
          weigh: (text) => ({ tokens: text.length }),
        });
  // What is made once for a Runnable is no text's way.
  await subject.batch(["first"]);
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await session.post("Profiler.takePreciseCoverage");
  await subject.batch(["one text"]);
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  const files: Record<string, number> = {};
  for (const { url, functions } of result) {
    const [, file] = url.split("/packages/core/src/");
    if (file === undefined) continue;
    const entries = functions.reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0);
    if (entries > 0) files[file] = entries;
  }
  return { entries: Object.values(files).reduce((sum, entries) => sum + entries, 0), files };
}

// node --conditions=@batchwise/source follow.ts <folder of core> <bulk | plain>
const [, script, core, kind] = process.argv;
if (script === import.meta.filename) {
  console.log(JSON.stringify(await follow(core as string, kind as Kind)));
}
