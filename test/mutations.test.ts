import { expect, test } from "vitest";
import { MUTATIONS } from "../scripts/mutants/mutations.ts";
import { occurrences } from "../scripts/mutants/workspace.ts";

test.each(MUTATIONS)("$name: its place in the engine is there, once", async (mutation) => {
  expect(await occurrences(mutation)).toBe(1);
});
