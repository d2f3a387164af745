import type { Usage } from "@batchwise/core";
import type { Blame } from "../errors/judge.ts";
import type { Refusal } from "../errors/refusal.ts";

/** How a Runnable's inputs become the lines of an offline job, and its answers outputs: the same live and in a job. */
export interface JobKind<Input = any, Output = any> {
  /** Everything but the inputs that decides what comes out. Holds no key. */
  readonly common: object;
  /** What one line asks for. @throws InputError for an input that can't be sent */
  body(inputs: readonly Input[]): object;
  /** Which part of the body is the inputs'. @default any */
  blame?(inputs: readonly Input[]): Blame;
  /**
   * One output, or an error, for each input of a line.
   *
   * @param answer the body of the line's answer
   * @throws what is wrong with the whole answer
   */
  read(answer: object, inputs: readonly Input[]): readonly (Output | Error)[] | Promise<readonly (Output | Error)[]>;
  /** What a line's answer says that it used. */
  usage(answer: object): Usage | undefined;
}

/** What a row of a job's results says of its line. */
export interface RawRow {
  /** The line's. */
  readonly id?: unknown;
  /** What the line was answered. */
  readonly answer?: unknown;
  /** Why it has no answer: a refusal, which is judged as one of the live API, or an error. */
  readonly failure?: Error | Refusal;
}
