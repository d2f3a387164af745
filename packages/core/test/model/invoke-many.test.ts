import { describe, expect, it } from "vitest";
import { runsOf, search } from "./search.ts";

describe("invariants", () => {
  it(
    "nothing lost, nothing twice, order kept, caps held, everything settles: invokeMany",
    { timeout: 600_000 },
    async () => {
      expect(await search("invokeMany", runsOf("invokeMany"))).toBe(runsOf("invokeMany"));
    },
  );
});
