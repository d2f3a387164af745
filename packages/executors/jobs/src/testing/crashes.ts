import type { JobBackend } from "@batchwise/core";
import type { JobStore, OpenJobStore } from "../store.ts";

/** Steps that a process still makes; after them it stands still. */
export interface Fuse {
  left: number;
}

/** One step. The process may end before it, or after it and before its result is known. */
async function step<T>(fuse: Fuse, work: () => Promise<T>): Promise<T> {
  await burn(fuse);
  const result = await work();
  await burn(fuse);
  return result;
}

async function burn(fuse: Fuse): Promise<void> {
  if (fuse.left-- > 0) return;
  await new Promise(() => {});
}

/** Store that outlives the processes which use it, one after another. */
export class CrashingStore {
  records: string[] = [];

  /** Store as one process sees it. */
  process(fuse: Fuse): JobStore {
    const open = async (): Promise<OpenJobStore> => ({
      records: [...this.records],
      append: (record) => step(fuse, async () => void this.records.push(record)),
      replace: (records) =>
        step(fuse, async () => {
          this.records = [...records];
        }),
      close: () => step(fuse, async () => undefined),
    });
    return { open: () => step(fuse, open) };
  }
}

/** Provider as one process sees it. */
export function fused<Input, Output>(backend: JobBackend<Input, Output>, fuse: Fuse): JobBackend<Input, Output> {
  return {
    ...backend,
    create: (...args) => step(fuse, () => backend.create(...args)),
    find: (...args) => step(fuse, () => backend.find(...args)),
    poll: (...args) => step(fuse, () => backend.poll(...args)),
    cancel: (...args) => step(fuse, () => backend.cancel(...args)),
    async *rows(...args) {
      await burn(fuse);
      for await (const row of backend.rows(...args)) {
        yield row;
        await burn(fuse);
      }
    },
  };
}
