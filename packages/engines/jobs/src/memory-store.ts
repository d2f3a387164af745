import { JobStoreError } from "./errors.ts";
import type { JobStore, OpenJobStore } from "./store.ts";

/** A store that lives as long as the process: for tests, and where a crash may cost its jobs. */
export function memoryStore(): JobStore {
  let records: string[] = [];
  let taken = false;
  return {
    open: async (): Promise<OpenJobStore> => {
      if (taken) throw new JobStoreError("The store is in use by another batch runner. Give each its own store.");
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
