import { describe, expect, it } from "vitest";
import { runsOf, search } from "./search.ts";

describe("invariants", () => {
  it(
    "nothing lost, nothing twice, order kept, caps held, everything settles: an overridden batch",
    { timeout: 600_000 },
    async () => {
      expect(await search("overridden batch", runsOf("overridden batch"))).toBe(runsOf("overridden batch"));
    },
  );
});
