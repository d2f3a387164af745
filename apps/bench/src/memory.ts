import { Child } from "./child.ts";
import type { MemoryUse } from "./peak-memory.ts";

/** Task of a process. */
export interface MemoryTask {
  readonly kind: "loop" | "stream";
  /** Name of the contender's module. */
  readonly module: string;
  readonly name: string;
  readonly items: number;
}

/**
 * Flags for a young generation of one size, with which a stream's memory varies by less than 3 %. It is nearly all young
 * garbage, which V8 lets grow from 1 MB to 32 MB: without the flags the same program took from 81 to 171 MB.
 */
const STREAM_FLAGS: readonly string[] = ["--min-semi-space-size=16", "--max-semi-space-size=16"];

/**
 * Runs one contender in its own process, so that no other's garbage counts as its memory.
 *
 * `compileCache` is a folder in which Node keeps compiled modules. When an earlier process has filled it, nothing is
 * compiled here: compiling TypeScript frees memory in the process that would hide what a run takes.
 *
 * @throws Error when the process ends without an answer, with its own message.
 */
export async function measureMemory(task: MemoryTask, compileCache: string): Promise<MemoryUse> {
  using child = new Child(task.name, new URL("memory-process.ts", import.meta.url), {
    argument: JSON.stringify(task),
    flags: task.kind === "stream" ? STREAM_FLAGS : [],
    compileCache,
  });
  return await child.answer<MemoryUse>();
}
