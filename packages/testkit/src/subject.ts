import { isDeepStrictEqual } from "node:util";

import { ArgumentError, type Runnable } from "@batchwise/core";

import type { FakeClock } from "./fake-clock.ts";
import type { LawNumber } from "./law.ts";
import type { ScriptedBackend } from "./scripted-backend.ts";

/** What an adapter under test is built on. */
export interface Control<Input, Answer> {
  /** Stands in the provider's place: hand every request's inputs to `call`, and its signal. */
  readonly backend: ScriptedBackend<Input, Answer>;
  /** The time that the checks run on. They also pass it to each batch. */
  readonly clock: FakeClock;
}

/** What the suite has to know of an adapter. */
export interface SubjectOptions<Input, Output, Answer = Output> {
  /** Inputs to run with: at least 6, all different, with outputs that are all different. */
  readonly inputs: readonly Input[];
  /** What the backend answers. Leave it out only together with `unobserved`. */
  readonly answer?: (input: Input) => Answer;
  /**
   * Makes a new Runnable whose calls go to the backend. Called afresh for each situation. Write it below `inputs` and
   * `answer`: TypeScript learns the backend's types from them, in that order.
   */
  readonly create: (control: Control<Input, Answer>) => Runnable<Input, Output> | Promise<Runnable<Input, Output>>;
  /** The Runnable's output for an input. @default the backend's answer; what `invoke` gives where there is none */
  readonly expected?: (input: Input) => Output;
  /** Whether two outputs are the same, for example within 1e-5. @default node:util's isDeepStrictEqual */
  readonly equals?: (left: Output, right: Output) => boolean;
  /** Answers that are legitimate and look like nothing, for L14. @default [undefined] */
  readonly emptyAnswers?: readonly unknown[];
  /** Why the calls cannot go to the scripted backend. The laws that watch calls are then listed as skipped. */
  readonly unobserved?: string;
  /** Laws that do not apply, each with the reason, which the run lists. */
  readonly skip?: Partial<Record<LawNumber, string>>;
  /** Real milliseconds to wait for work that neither the backend nor the clock can bring on: I/O, threads. @default 0 */
  readonly patienceMs?: number;
  /** Releases what `create` made, after each situation. */
  readonly close?: (runnable: Runnable<Input, Output>) => unknown;
}

/** An adapter under test, with its defaults filled in. What the backend answers is no business of a law. */
export interface Subject<Input, Output> {
  readonly create: (control: Control<Input, any>) => Runnable<Input, Output> | Promise<Runnable<Input, Output>>;
  readonly inputs: readonly Input[];
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

/** How many different inputs the laws need. */
const LEAST_INPUTS = 6;

/**
 * The subject with its defaults.
 *
 * @throws ArgumentError for inputs that are too few or alike, outputs that are alike, and gaps without a reason.
 */
export function defineSubject<Input, Output, Answer = Output>(
  options: SubjectOptions<Input, Output, Answer>,
): Subject<Input, Output> {
  const { answer, create, inputs, skip = {}, unobserved } = options;
  if (typeof create !== "function") throw invalid("`create` must be a function that makes the Runnable", typeof create);
  if (!Array.isArray(inputs) || different(inputs, isDeepStrictEqual) < LEAST_INPUTS) {
    const came = Array.isArray(inputs) ? `${different(inputs, isDeepStrictEqual)} different ones` : typeof inputs;
    throw invalid(`\`inputs\` must be an array of at least ${LEAST_INPUTS} different inputs`, came);
  }
  if ((answer === undefined) === (unobserved === undefined)) {
    throw invalid(
      "either `answer` (what the backend answers) or `unobserved` (why the backend cannot be used) must be given",
      answer === undefined ? "neither" : "both",
    );
  }
  if (unobserved?.trim() === "") throw invalid("`unobserved` must say why", "an empty text");
  for (const [law, reason] of Object.entries(skip)) {
    if (!/^L([1-9]|1[0-4])$/.test(law)) throw invalid("`skip` must name laws, L1 to L14", law);
    if (typeof reason !== "string" || reason.trim() === "") throw invalid(`\`skip.${law}\` must say why`, "no reason");
  }
  const equals = options.equals ?? isDeepStrictEqual;
  // Where the answer is the output, its type is the output's.
  const expected = options.expected ?? (answer as ((input: Input) => Output) | undefined);
  if (expected !== undefined) {
    const outputs = inputs.map((input) => expected(input));
    const count = different(outputs, equals);
    if (count < inputs.length) {
      throw invalid(
        "outputs must all be different, or a mix-up cannot be seen",
        `${count} for ${inputs.length} inputs, by \`equals\``,
      );
    }
  }
  return {
    create,
    inputs,
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

function different<T>(values: readonly T[], equals: (left: T, right: T) => boolean): number {
  const kept: T[] = [];
  for (const value of values) if (!kept.some((each) => equals(each, value))) kept.push(value);
  return kept.length;
}

function invalid(expected: string, came: string): ArgumentError {
  return new ArgumentError(`The subject of the laws: ${expected}; ${came} came.`);
}
