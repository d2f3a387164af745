// Run by conformance.test.ts under `node --test`, where no runner is given and none is global.
import { conformance, exemplars } from "@batchwise/testkit";

await conformance({
  name: "a bulk Runnable",
  inputs: ["a", "b", "c", "d", "e", "f"],
  answer: (text) => text.toUpperCase(),
  create: ({ backend }) => exemplars["a bulk Runnable"]!(backend),
  skip: { L14: "texts are never undefined" },
});
