import { conformance, exemplars } from "@batchwise/testkit";
import { withCache } from "./index.ts";

const wrapped = [
  "a concurrent Runnable",
  "a bulk Runnable",
  "a bulk Runnable whose answers carry an index",
  "a Runnable that overrides batch alone",
  "a Runnable that overrides batch and invokeMany, with super.batch",
  "a Runnable whose batch gathers batchAsCompleted",
];
/** More than any law takes: one that came twice would be answered from the store. */
const inputs = Array.from({ length: 80 }, (_, index) => `input ${index}`);
const aheadByLookUps = {
  L11: "what is looked up is in flight, too, which the backend does not see; look-up-first.test.ts holds the bound",
};

for (const name of wrapped) {
  await conformance({
    name: `${name}, cached`,
    inputs,
    answer: (text) => text.toUpperCase(),
    create: ({ backend }) => {
      // No two inputs are equal, so that the laws which count calls see one for each.
      let next = 0;
      return withCache(exemplars[name]!(backend), { namespace: "laws", store: new Map(), key: () => next++ });
    },
    emptyAnswers: [undefined, null, "", 0, false] as never[],
    skip: name.includes("batch") ? {} : aheadByLookUps,
  });
}
