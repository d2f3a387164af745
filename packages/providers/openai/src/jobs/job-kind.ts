import type { Call } from "../post.ts";

/** How a Runnable's inputs become requests of the live API, and its answers outputs: the same live and in a job. */
export interface JobKind<Input = any, Output = any, Answer extends object = any> {
  /** The live endpoint's, without `/v1`. */
  readonly path: string;
  /** What every good answer has. */
  readonly field: keyof Answer & string;
  /** Everything but the inputs that decides what comes out. Holds no key. */
  readonly common: object;
  /** The live request for these inputs. @throws InputError for an input that can't be sent */
  call(inputs: readonly Input[]): Call;
  /**
   * One output, or an error, for each input.
   *
   * @throws what is wrong with the whole answer
   */
  read(answer: Answer, inputs: readonly Input[]): readonly (Output | Error)[] | Promise<readonly (Output | Error)[]>;
}
