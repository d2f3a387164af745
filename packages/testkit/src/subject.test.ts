import { ArgumentError, runnable } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { DefaultRunnable } from "./exemplars.ts";
import { lawNumbers } from "./law-number.ts";
import { defineSubject, type SubjectOptions } from "./subject.ts";

const fine: SubjectOptions<string, string> = {
  create: ({ backend }) => new DefaultRunnable(backend),
  inputs: ["a", "b", "c", "d", "e", "f"],
  answer: (text) => text.toUpperCase(),
};

/** Message of the refusal. */
function refusalOf(change: Partial<Record<keyof SubjectOptions<string, string>, unknown>>): string {
  try {
    defineSubject({ ...fine, ...change } as SubjectOptions<string, string>);
  } catch (error) {
    return ArgumentError.isInstance(error) ? error.message : `another error: ${String(error)}`;
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
    expect(refusalOf({ inputs: ["a", "b", "c"] })).toBe(
      "Expected `inputs` to be an array of at least 6 different inputs, got 3 different ones. Give more.",
    );
    expect(refusalOf({ inputs: ["a", "b", "c", "d", "e", "e"] })).toContain("got 5 different ones.");
    expect(refusalOf({ inputs: "abcdef" })).toContain("got string.");
    expect(refusalOf({ answer: () => "same" })).toContain("Expected the outputs to be all different by `equals`");
    expect(refusalOf({ equals: () => true })).toContain("got 1 different ones for 6 inputs.");
  });

  it("wants every gap to be declared with its reason", () => {
    expect(refusalOf({ answer: undefined })).toContain("got neither.");
    expect(refusalOf({ unobserved: "it runs in process" })).toContain("got both.");
    expect(refusalOf({ answer: undefined, unobserved: " " })).toContain("Expected `unobserved` to say why");
    expect(refusalOf({ skip: { L2: "" } })).toContain("Expected `skip.L2` to say why, got no reason.");
    expect(refusalOf({ skip: { L99: "no such law" } })).toContain(`L1 to L${lawNumbers.length}, got L99.`);
  });

  it("wants a function that makes the Runnable", () => {
    expect(refusalOf({ create: {} })).toContain(
      "Expected `create` to be a function that makes the Runnable, got object.",
    );
  });

  it("keeps copies of the inputs, equal and not the same", () => {
    const inputs = ["a", "b", "c", "d", "e", "f"].map((text) => ({ text }));
    const subject = defineSubject({
      create: () => runnable(async ({ text }: { text: string }) => text.length),
      inputs,
      unobserved: "in process",
    });
    for (const each of inputs) each.text = "changed";
    expect(subject.inputs[0]).toEqual({ text: "a" });
    expect(subject.copy({ text: "a" })).toEqual({ text: "a" });
    expect(subject.copy({ text: "a" })).not.toBe(subject.inputs[0]);
  });

  it("copies by `copy` where structuredClone cannot, and wants it then", () => {
    const inputs = ["a", "b", "c", "d", "e", "f"].map((text) => new Message(text));
    const own = { create: () => runnable(async ({ text }: Message) => text.length), inputs, unobserved: "in process" };
    const message = "Expected `copy` to give another input that is equal to its original";
    expect(() => defineSubject(own)).toThrow(`${message}, got no such input. Give a \`copy\` for these inputs.`);
    expect(() => defineSubject({ ...own, copy: (each) => each })).toThrow(`${message}, got the input itself.`);
    const subject = defineSubject({ ...own, copy: ({ text }) => new Message(text) });
    expect(subject.inputs).toEqual(inputs);
    expect(subject.inputs[0]).toBeInstanceOf(Message);
  });
});

/** Loses its class when structuredClone copies it. */
class Message {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
