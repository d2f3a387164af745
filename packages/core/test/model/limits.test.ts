import { describe, expect, it } from "vitest";
import { runsOf, search } from "./search.ts";

describe("invariants", () => {
  it(
    "nothing lost, nothing twice, order kept, caps held, everything settles: invokeMany behind a rate limiter",
    { timeout: 600_000 },
    async () => {
      expect(await search("limits", runsOf("limits"))).toBe(runsOf("limits"));
    },
  );
});
