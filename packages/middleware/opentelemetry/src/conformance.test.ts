import { conformance, exemplars } from "@batchwise/testkit";
import { withTelemetry } from "./index.ts";
import { collector, useContextManager } from "./testing/collector.ts";

useContextManager();
const { providers } = collector();
const inputs = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];

/** Where nobody records, other ways through the wrapper are taken: once for each way to write a Runnable. */
const unrecorded = new Set([
  "a concurrent Runnable",
  "a bulk Runnable",
  "a Runnable that overrides batch and invokeMany, with super.batch",
]);

for (const [name, make] of Object.entries(exemplars)) {
  await conformance({
    name: `${name}, with telemetry`,
    inputs,
    answer: (text) => text.toUpperCase(),
    create: ({ backend }) => withTelemetry(make(backend), providers),
    emptyAnswers: [undefined, null, "", 0, false] as never[],
  });
  if (!unrecorded.has(name)) continue;
  await conformance({
    name: `${name}, with telemetry that nobody records`,
    inputs,
    answer: (text) => text.toUpperCase(),
    create: ({ backend }) => withTelemetry(make(backend)),
  });
}
