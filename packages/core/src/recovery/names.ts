import type { AnyBatchRun } from "../engine/batch-run.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { Settler } from "../engine/results/settler.ts";
import type { Failure } from "./failure.ts";

/** Calls by which inputs are told apart. Each resolves to what fails then. */
interface Calls<Input> {
  /** One call. */
  once(chunk: Chunk<Input>): Promise<Failure<Input> | undefined>;
  /** Further calls for what failed, while these may help. */
  again(failure: Failure<Input>): Promise<Failure<Input> | undefined>;
}

/**
 * Bad inputs as a provider names them. A name is a hint: some servers count from one, or within parts of their own, or
 * name the first input beyond a limit. Where the others fail without it, too, the one that was named is sent alone.
 */
export class Names<Input, Output> {
  readonly #batch: AnyBatchRun;
  readonly #settler: Settler<Input, Output>;
  readonly #calls: Calls<Input>;
  /** True once an input that was named got through. */
  #areWrong = false;

  constructor(batch: AnyBatchRun, settler: Settler<Input, Output>, calls: Calls<Input>) {
    this.#batch = batch;
    this.#settler = settler;
    this.#calls = calls;
  }

  /** Sends what failed without the input that is named, and so on. Returns what fails then and names none. */
  async leaveOut(first: Failure<Input> | undefined): Promise<Failure<Input> | undefined> {
    let failure = first;
    const checks: Promise<void>[] = [];
    while (failure?.named !== undefined && !this.#areWrong && !this.#settler.health.isInDoubt) {
      const { chunk, error, named } = failure;
      const single = chunk.pick([named]);
      const left: Failure<Input> | undefined = await this.#calls.once(chunk.without([named]));
      if (left?.isWhole === true) checks.push(this.#check(single));
      else this.#settler.rejectAll(single, error);
      const settled = { chunk: chunk.pick([]), error, isWhole: true };
      failure = left === undefined || this.#batch.isEnding ? settled : ((await this.#calls.again(left)) ?? settled);
    }
    await Promise.all(checks);
    return failure;
  }

  /** Sends an input alone, besides the others. */
  #check(single: Chunk<Input>): Promise<void> {
    const check = async (): Promise<void> => {
      let failure = await this.#calls.once(single);
      if (failure !== undefined && !this.#batch.isEnding) failure = await this.#calls.again(failure);
      if (failure !== undefined) this.#settler.giveUpEach(failure);
      else if (!this.#batch.isEnding) this.#areWrong = true;
    };
    const checked = check();
    // Until it is awaited nothing looks at its failure.
    checked.catch(() => undefined);
    return checked;
  }
}
