import type { Usage } from "@batchwise/core";
import type { Blame } from "../errors/judge.ts";
import type { Refusal } from "../errors/refusal.ts";

/** Way from a Runnable's inputs to the lines of an offline job, and from answers to outputs: the same live and in a job. */
export interface JobKind<Input = any, Output = any> {
  /** Everything but the inputs that decides what comes out. Holds no key. */
  readonly common: object;
  /** Body of one line. @throws InputError for an input that can't be sent */
  body(inputs: readonly Input[]): object;
  /** Inputs' part of the body. @default any */
  blame?(inputs: readonly Input[]): Blame;
  /**
   * One output, or an error, for each input of a line.
   *
   * @param answer the body of the line's answer
   * @throws what is wrong with the whole answer
   */
  read(answer: object, inputs: readonly Input[]): readonly (Output | Error)[] | Promise<readonly (Output | Error)[]>;
  /** Usage in a line's answer. */
  usage(answer: object): Usage | undefined;
}

/** Row of a job's results. */
export interface RawRow {
  /** The line's. */
  readonly id?: unknown;
  /** Answer to the line; with neither this nor `failure`, the line was not worked on. */
  readonly answer?: unknown;
  /** Reason for which it has no answer: a refusal, which is judged as one of the live API, or an error. */
  readonly failure?: Error | Refusal;
}
