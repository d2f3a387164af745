import { Child } from "./child.ts";
import type { MemoryUse } from "./peak-memory.ts";

/** What a process of its own is to run. */
export interface MemoryTask {
  readonly kind: "loop" | "stream";
  /** The contender's module, as the registry names it. */
  readonly module: string;
  readonly name: string;
  readonly items: number;
}

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
  using child = new Child(task.name, new URL("memory-process.ts", import.meta.url), {
    argument: JSON.stringify(task),
    flags: task.kind === "stream" ? STREAM_FLAGS : [],
    compileCache,
  });
  return await child.answer<MemoryUse>();
}
