import { describe, expect, it } from "vitest";
import { runsOf, search } from "./search.ts";

describe("invariants", () => {
  it(
    "nothing lost, nothing twice, order kept, caps held, everything settles: invoke",
    { timeout: 600_000 },
    async () => {
      expect(await search("invoke", runsOf("invoke"))).toBe(runsOf("invoke"));
    },
  );
});
