import { conformance } from "@batchwise/testkit";
import { afterAll } from "vitest";
import { closePools, poolOf } from "./fixtures/pools.ts";

afterAll(closePools);

await conformance({
  inputs: [1, 2, 3, 4, 5, 6, 7, 8],
  expected: (input) => 2 * input,
  create: () => poolOf<number, number>("double.ts"),
  unobserved: "The calls are made in other threads; batch.test.ts watches them there.",
  skip: { L18: "work in threads has no usage to report" },
  patienceMs: 30_000,
});
