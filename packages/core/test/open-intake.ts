import { bulkRunnable } from "../src/compose/functions.ts";
import type { Inputs, RunnableSettings } from "../src/contract/runnable.ts";
import { Admission } from "../src/engine/admission/admission.ts";
import type { Chunk } from "../src/engine/intake/chunk.ts";
import { Intake } from "../src/engine/intake/intake.ts";
import { Settler } from "../src/engine/results/settler.ts";
import type { StageContext } from "../src/engine/stage-context.ts";
import { countOffers, stageContext, type TestContext } from "./engine-parts.ts";

/** An intake, and what a stage does around it. */
export interface IntakeParts {
  readonly intake: Intake<string, string>;
  readonly context: TestContext<string, string>;
  readonly offers: { readonly asked: number };
  /** Takes a chunk, whose call begins. */
  readonly begin: () => Chunk<string>;
  /** Ends the call of a chunk, with outcomes for the first inputs of it: the others are going to be tried again. */
  readonly fail: (chunk: Chunk<string>, settled: number) => void;
  /** Gives the inputs of a chunk their outcomes, from a position on. */
  readonly finish: (chunk: Chunk<string>, from?: number) => void;
  /** Ends the call of a chunk, with an outcome for each input. */
  readonly end: (chunk: Chunk<string>) => void;
}

/** Intake of a stage of two inputs a chunk and one call at a time, except where settings say otherwise. */
export function openIntake(
  inputs: Inputs<string>,
  settings: RunnableSettings<string> = {},
  replaced: Partial<Pick<StageContext<string, string>, "sink" | "source">> = {},
): IntakeParts {
  const usual = { request: { maxInputs: 2 }, maxConcurrency: 1 };
  const subject = bulkRunnable(async (texts: readonly string[]) => texts, { ...usual, ...settings });
  const context = { ...stageContext(subject, inputs, { returnExceptions: true }), ...replaced };
  const admission = new Admission(context);
  const settler = new Settler(context);
  const intake = new Intake(context, settler, admission);
  const settle = (chunk: Chunk<string>, from: number, to: number): void => {
    for (let position = from; position < to; position++) {
      const input = chunk.inputs[position] as string;
      settler.fulfill(chunk.indexes[position] as number, input, input);
    }
  };
  const begin = (): Chunk<string> => {
    admission.begin();
    return intake.take();
  };
  const fail: IntakeParts["fail"] = (chunk, settled) => {
    admission.end({ reservation: undefined }, undefined);
    settle(chunk, 0, settled);
  };
  const finish: IntakeParts["finish"] = (chunk, from = 0) => {
    settle(chunk, from, chunk.size);
    intake.finished();
  };
  const end: IntakeParts["end"] = (chunk) => {
    fail(chunk, 0);
    finish(chunk);
  };
  return {
    intake,
    context,
    offers: countOffers(context.semaphore),
    begin,
    fail,
    finish,
    end,
  };
}

/** Inputs without an end. */
export function* endless(text: (index: number) => string = String): Generator<string> {
  for (let index = 0; ; index++) yield text(index);
}
