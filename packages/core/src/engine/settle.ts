import { checkCount, checkSchema } from "./check.ts";
import { Dedupe, type Outcome } from "./dedupe.ts";
import type { Plan } from "./plan.ts";
import type { Request } from "./request.ts";
import type { Sink } from "./sinks.ts";
import { Unfinished } from "./strategy.ts";

/** What a call left undone. */
export interface Failure<Input> {
  /** The inputs that have no outcome yet. */
  readonly request: Request<Input>;
  /** What the call threw, or the first of `errors`. */
  readonly error: Error;
  /** Whether the call threw; otherwise single items failed, each with its own of `errors`. */
  readonly whole: boolean;
  readonly errors?: readonly Error[];
  /** Whether these inputs are the rest of a request whose culprit was named: they have not failed, and go out again. */
  readonly unsent?: boolean;
}

/** Writes each outcome to its own slot, exactly once, and to the slots of inputs that are equal. */
export class Settler<Input, Output> {
  /** Inputs that have an outcome. */
  count = 0;
  readonly #plan: Plan<Input, Output>;
  readonly #sink: Sink<Input, Output>;
  readonly #dedupe: Dedupe<Input, Output> | undefined;
  #closed = false;

  constructor(plan: Plan<Input, Output>, sink: Sink<Input, Output>) {
    this.#plan = plan;
    this.#sink = sink;
    this.#dedupe = plan.keyOf && new Dedupe(plan.keyOf);
  }

  /** Takes nothing more: the batch is over, and what comes late belongs nowhere. */
  close(): void {
    this.#closed = true;
  }

  fulfil(index: number, input: Input, value: Output): void {
    if (this.#closed) return;
    this.count++;
    this.#sink.fulfil(index, input, value);
    if (this.#dedupe !== undefined) this.#settleTwins(index, { value });
  }

  reject(index: number, input: Input, reason: Error): void {
    if (this.#closed) return;
    this.count++;
    this.#sink.reject(index, input, reason);
    if (this.#dedupe !== undefined) this.#settleTwins(index, { reason });
  }

  rejectAll(request: Request<Input>, reason: Error): void {
    for (let position = 0; position < request.size; position++) {
      this.reject(request.indexes[position] as number, request.inputs[position] as Input, reason);
    }
  }

  /** Whether an equal input came before: then its outcome is, or will be, this one's too. */
  joinTwin(index: number, input: Input): boolean {
    const twin = this.#dedupe?.join(index, input);
    if (twin !== undefined && twin !== "follows") this.#settle(index, input, twin);
    return twin !== undefined;
  }

  /**
   * Settles what an answer brings. Returns the items that failed and may be tried again.
   *
   * @param mayRetry whether an item that failed with this error gets another call
   */
  async place(
    request: Request<Input>,
    answer: unknown,
    mayRetry: (error: Error) => boolean,
  ): Promise<Failure<Input> | undefined> {
    const { strategy, schema } = this.#plan;
    const many = strategy.kind === "many";
    let results: readonly unknown[] = [answer];
    if (many) {
      try {
        checkCount(answer, request.size);
        results = answer;
      } catch (error) {
        this.rejectAll(request, error as Error);
        return undefined;
      }
    }
    const failed: number[] = [];
    const errors: Error[] = [];
    for (let position = 0; position < request.size; position++) {
      let result = results[position];
      // What `invoke` resolves to is an output, even an Error; in a bulk answer an Error is that item's failure.
      let fine = !many || !(result instanceof Error);
      if (fine && schema !== undefined) {
        const checked = await checkSchema(schema, result);
        fine = checked.refused === undefined;
        result = checked.refused ?? checked.value;
      }
      const index = request.indexes[position] as number;
      const input = request.inputs[position] as Input;
      if (fine) {
        this.fulfil(index, input, result as Output);
      } else if (result instanceof Unfinished || mayRetry(result as Error)) {
        failed.push(position);
        errors.push(result as Error);
      } else {
        this.reject(index, input, result as Error);
      }
    }
    const error = errors[0];
    return error === undefined ? undefined : { request: request.pick(failed), error, errors, whole: false };
  }

  #settleTwins(index: number, outcome: Outcome<Output>): void {
    for (const twin of this.#dedupe?.settle(index, outcome) ?? []) this.#settle(twin.index, twin.input, outcome);
  }

  #settle(index: number, input: Input, outcome: Outcome<Output>): void {
    if (outcome.reason === undefined) this.fulfil(index, input, outcome.value);
    else this.reject(index, input, outcome.reason);
  }
}
