import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FAMILIES, type FamilyName, runsOf } from "./search.ts";

const names = Object.keys(FAMILIES) as FamilyName[];

describe("invariants", () => {
  it("at least 10,000 schedules are performed in a test run", () => {
    expect(names.reduce((sum, name) => sum + runsOf(name), 0)).toBeGreaterThanOrEqual(10_000);
  });

  it("every family has a test file that performs its share", () => {
    const here = new URL(".", import.meta.url);
    const texts = readdirSync(here)
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => readFileSync(new URL(file, here), "utf8"));
    for (const name of names) {
      const files = texts.filter((text) => text.includes(`search("${name}", runsOf("${name}"))`));
      expect(files, name).toHaveLength(1);
    }
  });
});
