import { isDeepStrictEqual } from "node:util";

import { ArgumentError, type Runnable } from "@batchwise/core";

import type { FakeClock } from "./fake-clock.ts";
import { type LawNumber, lawNumbers } from "./law-number.ts";
import type { ScriptedBackend } from "./scripted-backend.ts";

/** Backend and clock that an adapter under test is built on. */
export interface Control<Input, Answer> {
  /** Stand-in for the provider: hand every request's inputs to `call`, and its signal. */
  readonly backend: ScriptedBackend<Input, Answer>;
  /** Time that the checks run on. They also pass it to each batch. */
  readonly clock: FakeClock;
}

/** Facts about an adapter that the laws need. */
export interface SubjectOptions<Input, Output, Answer = Output> {
  /** Inputs to run with: at least 6, all different, with outputs that are all different. */
  readonly inputs: readonly Input[];
  /** Answer of the backend to an input. Leave it out only together with `unobserved`. */
  readonly answer?: (input: Input) => Answer;
  /**
   * Makes a new Runnable whose calls go to the backend, once for each situation. Write it below `inputs` and `answer`:
   * TypeScript learns the backend's types from them, in that order.
   */
  readonly create: (control: Control<Input, Answer>) => Runnable<Input, Output> | Promise<Runnable<Input, Output>>;
  /** Output of the Runnable for an input. @default the backend's answer; what `invoke` gives where there is none */
  readonly expected?: (input: Input) => Output;
  /** Compares two outputs, for example within 1e-5. @default node:util's isDeepStrictEqual */
  readonly equals?: (left: Output, right: Output) => boolean;
  /**
   * Copies an input. Each situation runs on copies of its own, so that an input that is changed is seen by L9 and spoils
   * no other law. Needed for inputs that structuredClone cannot copy, such as instances of a class.
   * @default structuredClone
   */
  readonly copy?: (input: Input) => Input;
  /** Answers that are legitimate and look like nothing, for L14. @default [undefined] */
  readonly emptyAnswers?: readonly unknown[];
  /** Reason why the calls cannot go to the scripted backend. The laws that watch calls are then listed as skipped. */
  readonly unobserved?: string;
  /** Laws that do not apply, each with the reason, which the run lists. */
  readonly skip?: Partial<Record<LawNumber, string>>;
  /** Real milliseconds to wait for work that neither the backend nor the clock can bring on: I/O, threads. @default 0 */
  readonly patienceMs?: number;
  /** Releases the Runnable that `create` made, after each situation. */
  readonly close?: (runnable: Runnable<Input, Output>) => unknown;
}

/** Adapter under test, with its defaults filled in. The type of the backend's answers is of no concern to a law. */
export interface Subject<Input, Output> {
  readonly create: (control: Control<Input, any>) => Runnable<Input, Output> | Promise<Runnable<Input, Output>>;
  /** Kept from the Runnable: `take` gives copies. */
  readonly inputs: readonly Input[];
  readonly copy: (input: Input) => Input;
  /** Undefined for an unobserved subject. */
  readonly answer: ((input: Input) => unknown) | undefined;
  readonly expected: ((input: Input) => Output) | undefined;
  readonly equals: (left: Output, right: Output) => boolean;
  readonly emptyAnswers: readonly unknown[];
  readonly unobserved: string | undefined;
  readonly skip: Partial<Record<LawNumber, string>>;
  readonly patienceMs: number;
  readonly close: (runnable: Runnable<Input, Output>) => unknown;
}

/** Number of different inputs that the laws need. */
const LEAST_INPUTS = 6;

/**
 * Fills in the defaults.
 *
 * @throws ArgumentError for inputs that are too few, alike or not to be copied, outputs that are alike, and gaps without
 * a reason.
 */
export function defineSubject<Input, Output, Answer = Output>(
  options: SubjectOptions<Input, Output, Answer>,
): Subject<Input, Output> {
  const { answer, create, skip = {}, unobserved } = options;
  if (typeof create !== "function") {
    throw invalid("`create` to be a function that makes the Runnable", typeof create, "Return a new one from it.");
  }
  checkGaps(answer, unobserved, skip);
  const copy = options.copy ?? ((input: Input): Input => structuredClone(input));
  const inputs = copiesOf(options.inputs, copy);
  const equals = options.equals ?? isDeepStrictEqual;
  // Where the answer is the output, its type is the output's.
  const expected = options.expected ?? (answer as ((input: Input) => Output) | undefined);
  if (expected !== undefined) {
    const outputs = inputs.map((input) => expected(input));
    const count = different(outputs, equals);
    if (count < inputs.length) {
      const got = `${count} different ones for ${inputs.length} inputs`;
      throw invalid("the outputs to be all different by `equals`", got, "Change `answer`: a mix-up could not be seen.");
    }
  }
  return {
    create,
    inputs,
    copy,
    answer,
    expected,
    equals,
    emptyAnswers: options.emptyAnswers ?? [undefined],
    unobserved,
    skip,
    patienceMs: options.patienceMs ?? 0,
    close: options.close ?? (() => {}),
  };
}

function checkGaps(answer: unknown, unobserved: string | undefined, skip: object): void {
  if ((answer === undefined) === (unobserved === undefined)) {
    throw invalid(
      "either `answer` (what the backend answers) or `unobserved` (why there is none)",
      answer === undefined ? "neither" : "both",
      "Give one of them.",
    );
  }
  if (unobserved?.trim() === "") throw invalid("`unobserved` to say why", "an empty text", "The run lists the reason.");
  for (const [law, reason] of Object.entries(skip)) {
    if (!lawNumbers.includes(law as LawNumber)) {
      throw invalid(`\`skip\` to name laws, ${lawNumbers[0]} to ${lawNumbers.at(-1)}`, law, "Correct the number.");
    }
    if (typeof reason !== "string" || reason.trim() === "") {
      throw invalid(`\`skip.${law}\` to say why`, "no reason", "The run lists the reason.");
    }
  }
}

function copiesOf<Input>(inputs: readonly Input[], copy: (input: Input) => Input): Input[] {
  const count = Array.isArray(inputs) ? different(inputs, isDeepStrictEqual) : 0;
  if (count < LEAST_INPUTS) {
    const got = Array.isArray(inputs) ? `${count} different ones` : typeof inputs;
    throw invalid(`\`inputs\` to be an array of at least ${LEAST_INPUTS} different inputs`, got, "Give more.");
  }
  return inputs.map((input) => {
    const copied = tried(() => copy(input));
    const isItself = typeof input === "object" && input !== null && copied === input;
    if (!isItself && isDeepStrictEqual(copied, input)) return copied as Input;
    const got = isItself ? "the input itself" : "no such input";
    throw invalid("`copy` to give another input that is equal to its original", got, "Give a `copy` for these inputs.");
  });
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function different<T>(values: readonly T[], equals: (left: T, right: T) => boolean): number {
  const kept: T[] = [];
  for (const value of values) if (!kept.some((each) => equals(each, value))) kept.push(value);
  return kept.length;
}

function invalid(expected: string, got: string, advice: string): ArgumentError {
  return new ArgumentError(`Expected ${expected}, got ${got}. ${advice}`);
}
