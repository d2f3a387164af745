import { ArgumentError } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { DefaultRunnable } from "./exemplars.ts";
import { defineSubject, type SubjectOptions } from "./subject.ts";

const fine: SubjectOptions<string, string> = {
  create: ({ backend }) => new DefaultRunnable(backend),
  inputs: ["a", "b", "c", "d", "e", "f"],
  answer: (text) => text.toUpperCase(),
};

/** The message of the refusal. */
function refusalOf(change: Partial<Record<keyof SubjectOptions<string, string>, unknown>>): string {
  try {
    defineSubject({ ...fine, ...change } as SubjectOptions<string, string>);
  } catch (error) {
    return ArgumentError.isInstance(error) ? error.message : `no ArgumentError: ${String(error)}`;
  }
  return "nothing was refused";
}

describe("defineSubject", () => {
  it("fills in the defaults", () => {
    const subject = defineSubject(fine);
    expect(subject.expected?.("a")).toBe("A");
    expect(subject.equals("a", "a")).toBe(true);
    expect(subject.emptyAnswers).toEqual([undefined]);
    expect(subject.skip).toEqual({});
    expect(subject.patienceMs).toBe(0);
  });

  it("wants six inputs that can be told apart, and so can their outputs", () => {
    expect(refusalOf({ inputs: ["a", "b", "c"] })).toContain("at least 6 different inputs; 3 different ones came");
    expect(refusalOf({ inputs: ["a", "b", "c", "d", "e", "e"] })).toContain("5 different ones came");
    expect(refusalOf({ inputs: "abcdef" })).toContain("string came");
    expect(refusalOf({ answer: () => "same" })).toContain("outputs must all be different");
    expect(refusalOf({ equals: () => true })).toContain("1 for 6 inputs, by `equals`");
  });

  it("wants every gap to be declared with its reason", () => {
    expect(refusalOf({ answer: undefined })).toContain("neither came");
    expect(refusalOf({ unobserved: "it runs in process" })).toContain("both came");
    expect(refusalOf({ answer: undefined, unobserved: " " })).toContain("`unobserved` must say why");
    expect(refusalOf({ skip: { L2: "" } })).toContain("`skip.L2` must say why; no reason came");
    expect(refusalOf({ skip: { L15: "no such law" } })).toContain("L1 to L14; L15 came");
  });

  it("wants a function that makes the Runnable", () => {
    expect(refusalOf({ create: {} })).toContain("`create` must be a function that makes the Runnable; object came");
  });
});
