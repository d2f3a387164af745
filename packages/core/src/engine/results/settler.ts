import type { Chunk } from "../intake/chunk.ts";
import { Deduplicator, type SharedOutcome } from "../intake/deduplicator.ts";
import { type ErrorFacts, factsOf } from "../../contract/error-facts.ts";
import type { Failure } from "../../recovery/failure.ts";
import { Judge } from "../../recovery/judge.ts";
import { isWorthHalving, isWorthSplitting } from "../../recovery/retry-policy.ts";
import { Unfinished } from "../resolve/call-strategy.ts";
import type { StageContext } from "../stage-context.ts";
import { checkSchema, wrongCount, wrongInAll } from "./check-result.ts";

/** Answer of a call: a value that is not checked yet, or the error that was thrown. */
export type Answer =
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: Error };

/** Writes each outcome of a stage to its own slot, exactly once, and to the slots of inputs that are equal. */
export class Settler<Input, Output> {
  /** Inputs that have an outcome. Changed here alone, as are the next two. */
  count = 0;
  /** True once the batch is over: what comes late belongs nowhere. */
  isClosed = false;
  /** Error with which no input can succeed here, where another stage takes on what fails: no further call is made. */
  refusal: Error | undefined;
  /** Aborted with the refusal. Undefined where that ends the batch. */
  readonly stop: AbortController | undefined;
  readonly #context: StageContext<Input, Output>;
  #health: Judge | undefined;
  readonly #duplicates: Deduplicator<Input, Output> | undefined;

  constructor(context: StageContext<Input, Output>) {
    this.#context = context;
    const { keyOf } = context.options;
    if (context.sink.catches === true) this.stop = new AbortController();
    this.#duplicates = keyOf && new Deduplicator(keyOf);
  }

  /** Health of the provider. Told of outcomes and failures here alone. */
  get health(): Judge {
    return (this.#health ??= new Judge(this.#context));
  }

  close(): void {
    this.isClosed = true;
  }

  fulfill(index: number, input: Input, value: Output): void {
    if (this.isClosed) return;
    this.count++;
    this.#context.sink.fulfill(index, input, value);
    if (this.#duplicates !== undefined) this.#settleDuplicates(index, { value });
  }

  reject(index: number, input: Input, reason: Error): void {
    if (this.isClosed) return;
    this.count++;
    this.#context.sink.reject(index, input, reason);
    if (this.#duplicates !== undefined) this.#settleDuplicates(index, { reason });
  }

  rejectAll(chunk: Chunk<Input>, reason: Error): void {
    for (let position = 0; position < chunk.size; position++) {
      this.reject(chunk.indexes[position] as number, chunk.inputs[position] as Input, reason);
    }
  }

  /** Rejects an input that has no further chance. Where no other has one either, no further call is made. */
  giveUp(index: number, input: Input, reason: Error): void {
    this.reject(index, input, reason);
    this.#refuseIfFatal(reason);
  }

  giveUpAll(chunk: Chunk<Input>, reason: Error): void {
    this.rejectAll(chunk, reason);
    this.#refuseIfFatal(reason);
  }

  /** Gives up what failed: each input with the error of its own, where it has one. */
  giveUpEach({ chunk, error, errors = [] }: Failure<Input>): void {
    for (let position = 0; position < chunk.size; position++) {
      const reason = errors[position] ?? error;
      this.giveUp(chunk.indexes[position] as number, chunk.inputs[position] as Input, reason);
    }
  }

  /** Ends the work: no further call is made. */
  refuse(reason: Error): void {
    if (this.stop === undefined) return this.#context.batch.end({ status: "stopped", reason }, "drain");
    this.refusal ??= reason;
    this.stop.abort();
  }

  /** Settles an input whose equal was there before, now or with it. Returns whether there is one. */
  joinDuplicate(index: number, input: Input): boolean {
    const shared = this.#duplicates?.join(index, input);
    if (shared !== undefined && shared !== "follows") this.#settle(index, input, shared);
    return shared !== undefined;
  }

  /**
   * Settles what an answer brings. Returns what failed and may have another chance; an empty chunk where the call threw
   * and no further call can help. Not a turn later: a batch that fails fast must start nothing more (L12).
   */
  place(
    chunk: Chunk<Input>,
    { value, error: thrown }: Answer,
  ): Promise<Failure<Input> | undefined> | Failure<Input> | undefined {
    if (thrown !== undefined) return this.#placeError(chunk, thrown);
    const { strategy } = this.#context.options;
    if (strategy.kind === "one") return this.#placeResults(chunk, [value], false);
    const results = value as unknown[];
    const uncounted = wrongCount(value, chunk.size);
    const wrong = uncounted ?? (results[0] instanceof Error ? wrongInAll(results) : undefined);
    if (wrong !== undefined && this.health.asksAgain) return this.#placeError(chunk, wrong);
    // Each slot has an error of its own, unless it is not known whose results they are.
    if (uncounted === undefined) return this.#placeResults(chunk, results, true);
    this.rejectAll(chunk, uncounted);
    return undefined;
  }

  async #placeResults(
    chunk: Chunk<Input>,
    results: readonly unknown[],
    isMany: boolean,
  ): Promise<Failure<Input> | undefined> {
    const { schema } = this.#context.options;
    const failed: number[] = [];
    const errors: Error[] = [];
    let good = 0;
    let bad: Error | undefined;
    for (let position = 0; position < chunk.size; position++) {
      let result = results[position];
      // What `invoke` resolves to is an output, even an Error; in a bulk answer an Error is that item's failure.
      let isError = isMany && result instanceof Error;
      if (!isError && schema !== undefined) {
        const checked = await checkSchema(schema, result);
        isError = checked.refused !== undefined;
        result = checked.refused ?? checked.value;
      }
      const index = chunk.indexes[position] as number;
      const input = chunk.inputs[position] as Input;
      if (!isError) {
        good++;
        this.fulfill(index, input, result as Output);
        continue;
      }
      const reason = result as Error;
      if (!(reason instanceof Unfinished)) bad ??= reason;
      if (reason instanceof Unfinished || this.health.judge({ chunk, error: reason, isWhole: false }) !== "over") {
        failed.push(position);
        errors.push(reason);
      } else {
        this.reject(index, input, reason);
      }
    }
    if (good > 0) this.health.pass(chunk);
    else if (bad !== undefined) this.health.fail(chunk, bad, this.count, 1);
    return errors[0] === undefined ? undefined : failureOf(chunk.pick(failed), errors[0], errors, good > 0);
  }

  #placeError(chunk: Chunk<Input>, error: Error): Failure<Input> {
    const failure = { chunk, error, isWhole: true };
    this.health.fail(chunk, error, this.count);
    if (this.health.judge(failure) !== "over") return failure;
    const facts = factsOf(error);
    if (chunk.size === 1 || !this.mayDivide(facts)) {
      this.giveUpAll(chunk, error);
      return { ...failure, chunk: chunk.pick([]) };
    }
    const named = facts.position;
    if (named === undefined || !Number.isInteger(named) || named < 0 || named >= chunk.size) return failure;
    // Where the first failure ends the batch, it is one with or without this input.
    if (this.#context.batch.output.failFast && this.stop === undefined) this.giveUpAll(chunk.pick([named]), error);
    return { ...failure, named };
  }

  /** Tells whether the inputs of a chunk that failed with this error are to be told apart. */
  mayDivide(facts: ErrorFacts): boolean {
    if (this.health.isFatal(facts)) return false;
    return isWorthSplitting(facts, true) || (this.#context.options.isPatient && isWorthHalving(facts));
  }

  #refuseIfFatal(reason: Error): void {
    if (this.health.isFatal(factsOf(reason))) this.refuse(reason);
  }

  #settleDuplicates(index: number, outcome: SharedOutcome<Output>): void {
    for (const each of this.#duplicates?.settle(index, outcome) ?? []) this.#settle(each.index, each.input, outcome);
  }

  #settle(index: number, input: Input, outcome: SharedOutcome<Output>): void {
    if (outcome.reason === undefined) this.fulfill(index, input, outcome.value);
    else this.reject(index, input, outcome.reason);
  }
}

/** @param isPartial whether others of the answer were right: then it is not the answer that was wrong, but these */
function failureOf<Input>(chunk: Chunk<Input>, error: Error, errors: Error[], isPartial: boolean): Failure<Input> {
  if (isPartial && factsOf(error).code === "invalid_result") chunk.wrong++;
  return { chunk, error, errors, isWhole: false };
}
