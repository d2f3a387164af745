import { describe, expect, it } from "vitest";

import { brokenRunnables } from "../broken/index.ts";
import { checkLaws } from "../check-laws.ts";
import { exemplars, type MakeRunnable } from "../exemplars.ts";
import { type Law, LawError } from "../law.ts";
import { lawNumbers } from "../law-number.ts";
import { defineSubject, type Subject } from "../subject.ts";
import { laws } from "./index.ts";

const inputs = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"];

function subjectOf(make: MakeRunnable): Subject<string, string> {
  return defineSubject<string, string>({
    create: ({ backend }) => make(backend),
    inputs,
    answer: (text) => text.toUpperCase(),
  });
}

describe("the laws", () => {
  it("are L1 to L18, each with a title", () => {
    expect(laws.map((law) => law.number)).toEqual(Array.from({ length: 18 }, (_, index) => `L${index + 1}`));
    expect(lawNumbers).toEqual(laws.map((law) => law.number));
    expect(new Set(laws.map((law) => law.title)).size).toBe(18);
  });

  describe.each(Object.entries(exemplars))("are kept by %s", (_name, make) => {
    it.each(laws.map((law) => [`${law.number} ${law.title}`, law] as const))("%s", async (_title, law) => {
      await expect(law.check(subjectOf(make))).resolves.toBeUndefined();
    });
  });

  describe.each(laws.map((law) => [`${law.number} ${law.title}`, law] as const))("%s", (_title, law: Law) => {
    it(`${law.number} is broken by its broken Runnable, and told so`, async () => {
      const check = law.check(subjectOf(brokenRunnables[law.number]));
      const error: unknown = await check.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(LawError.isInstance(error), `a LawError, got ${String(error)}`).toBe(true);
      for (const input of inputs) expect((error as Error).message.toLowerCase()).not.toContain(input);
    });
  });
});

describe("checkLaws", () => {
  it("reports every law: kept, skipped with the reason, broken with the error", async () => {
    const reports = await checkLaws({
      create: ({ backend }) => brokenRunnables.L4(backend),
      inputs,
      answer: (text: string) => text.toUpperCase(),
      skip: { L14: "texts are never undefined" },
    });
    expect(reports.map((report) => report.law)).toEqual(laws);
    expect(reports[0]).toEqual({ law: laws[0], status: "kept" });
    expect(reports[3]).toMatchObject({ status: "broken", error: { name: "LawError" } });
    expect(reports[13]).toEqual({
      law: laws[13],
      status: "skipped",
      reason: "texts are never undefined",
    });
  });
});
