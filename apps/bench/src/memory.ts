import { fork } from "node:child_process";
import { once } from "node:events";

/** What a process of its own is to run. */
export interface MemoryTask {
  readonly kind: "loop" | "stream";
  /** The contender's module, as the registry names it. */
  readonly module: string;
  readonly name: string;
  readonly items: number;
}

/** Resident memory of one process, in bytes. */
export interface MemoryUse {
  /** What the process held when its inputs were built and garbage collected. */
  readonly level: number;
  /** The most it held from then on. */
  readonly peak: number;
  /** The most it held from its very start, loading its modules included: what `ru_maxrss` says. */
  readonly maxRss: number;
}

/** The flags that a bench process is started with. */
export const NODE_FLAGS: readonly string[] = ["--expose-gc", "--conditions=@batchwise/source"];

/**
 * A stream's memory is next to all young garbage, and V8 lets that grow from 1 MB to 32 MB as it sees fit: the same
 * program took from 81 to 171 MB. With the young generation of one size throughout, it takes the same within 3 %.
 */
const STREAM_FLAGS: readonly string[] = ["--min-semi-space-size=16", "--max-semi-space-size=16"];

/**
 * Runs one contender in a process of its own, so that nobody's garbage is another's memory.
 *
 * `compileCache` is a folder in which Node keeps compiled modules. With one that an earlier process has filled, nothing
 * is compiled here: compiling TypeScript leaves room in the process that would hide what a run takes.
 *
 * @throws Error when the process ends without an answer; its own message is on stderr.
 */
export async function measureMemory(task: MemoryTask, compileCache: string): Promise<MemoryUse> {
  const child = fork(new URL("memory-process.ts", import.meta.url), [JSON.stringify(task)], {
    execArgv: [...NODE_FLAGS, ...(task.kind === "stream" ? STREAM_FLAGS : [])],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  const answer = once(child, "message");
  const [code] = (await Promise.race([once(child, "exit"), answer.then(() => once(child, "exit"))])) as [number | null];
  if (code !== 0) {
    answer.catch(() => {});
    throw new Error(`${task.name}: its process was to measure memory, and ended with ${code ?? "a signal"}.`);
  }
  return ((await answer) as [MemoryUse])[0];
}
