import { JobStoreError } from "./errors.ts";
import type { JobStore, OpenJobStore } from "./store.ts";

/** Store that lasts as long as the process: for tests, and where a crash may lose its jobs. */
export function memoryStore(): JobStore {
  let records: string[] = [];
  let taken = false;
  return {
    open: async (): Promise<OpenJobStore> => {
      if (taken) throw new JobStoreError("Expected a free store, got one in use. Give each Runnable its own store.");
      taken = true;
      return {
        records: [...records],
        append: async (record) => void records.push(record),
        replace: async (all) => {
          records = [...all];
        },
        close: async () => {
          taken = false;
        },
      };
    },
  };
}
