import type { Runnable } from "@batchwise/core";
import { conformance, exemplars } from "@batchwise/testkit";
import { withTelemetry } from "./index.ts";
import { collector, useContextManager } from "./testing/collector.ts";

useContextManager();
const { providers } = collector();
const inputs = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];

/** With telemetry among its own settings: the laws see an author's Runnable, and every call of it is recorded. */
function recorded(
  inner: Runnable<string, string>,
  options: Parameters<typeof withTelemetry>[1],
): Runnable<string, string> {
  return Object.assign(inner, { settings: withTelemetry(inner, options).settings });
}

/** Where no provider is registered, the engine goes other ways: once for each way to write a Runnable. */
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
    create: ({ backend }) => recorded(make(backend), providers),
    emptyAnswers: [undefined, null, "", 0, false] as never[],
  });
  if (!unrecorded.has(name)) continue;
  await conformance({
    name: `${name}, with telemetry and no provider`,
    inputs,
    answer: (text) => text.toUpperCase(),
    create: ({ backend }) => recorded(make(backend), {}),
    emptyAnswers: [undefined, null, "", 0, false] as never[],
  });
}

for (const name of ["a concurrent Runnable", "a bulk Runnable"]) {
  await conformance({
    name: `withTelemetry of ${name}`,
    inputs,
    answer: (text) => text.toUpperCase(),
    create: ({ backend }) => withTelemetry(exemplars[name]!(backend), providers),
    emptyAnswers: [undefined, null, "", 0, false] as never[],
    skip:
      name === "a bulk Runnable"
        ? { L11: "it is held above; the law cannot see a request's size through a wrapper" }
        : {},
  });
}
