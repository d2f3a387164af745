import { runnable } from "@batchwise/core";
import { conformance } from "@batchwise/testkit";
import { memoryStore } from "./memory-store.ts";
import { offline } from "./offline.ts";
import { jobsOn } from "./testing/jobs-on.ts";

await conformance({
  inputs: ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"],
  answer: (text: string): number | undefined => text.length,
  create: ({ backend, clock }) => {
    const live = runnable(async (text: string) => (await backend.call([text]))[0] as number | undefined, {
      jobs: async () => jobsOn(backend),
    });
    return offline(live, { store: memoryStore(), clock, cancelOnAbort: true });
  },
  skip: { L18: "these jobs tell no tokens; offline.test.ts has them" },
});
