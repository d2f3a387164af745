import {
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  type Completed,
  type Inputs,
  Runnable,
  type RunnableSettings,
  withConfig,
  withFallbacks,
} from "@batchwise/core";
import { BASE_BATCH, STAGES } from "@batchwise/core/wrappers";
import type { Outcome } from "./flights.ts";
import { SCHEMA_OPTION } from "./memo.ts";

/** What the store has, in the inputs' order; undefined for what has to be sent. */
type LookUp<Input, Output> = (
  inputs: readonly Input[],
  options: CallOptions,
) => Promise<readonly (Outcome<Output> | undefined)[]>;

/** Inputs in one look-up: of an array, and of a source that is not to be read far ahead. */
const ARRAY_LOOK_UP = 1000;
const LAZY_LOOK_UP = 16;

/**
 * Looks inputs up before the engine packs them: what the store has passes no limit and fills no request, and what it
 * has not goes out in requests as full as without a cache. A batch is two stages, look-ups and, for what these do not
 * find, calls; so order, backpressure, abort and progress are the engine's own.
 *
 * A wrapper of a cached Runnable that makes its calls (`withRetry`, `withConfig`) makes them by `invokeMany` or `invoke`,
 * which look up as well, one request at a time.
 */
export abstract class LookUpFirst<Input, Output> extends Runnable<Input, Output> {
  abstract override readonly settings: RunnableSettings<Input, Output>;
  readonly #lookUp: LookUp<Input, Output>;

  constructor(lookUp: LookUp<Input, Output>) {
    super();
    this.#lookUp = lookUp;
    // For a pipe or fallbacks, which take the stages for their own.
    Object.defineProperty(this, STAGES, { get: () => Reflect.get(this.#stages(LAZY_LOOK_UP), STAGES) as unknown });
  }

  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<Output[]> {
    return (await this.#stagesFor(inputs).batch(inputs, withSchema(options))) as Output[];
  }

  override batchAsCompleted(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return this.#stagesFor(inputs).batchAsCompleted(inputs, withSchema(options));
  }

  override batchInOrder(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return this.#stagesFor(inputs).batchInOrder(inputs, withSchema(options));
  }

  #stagesFor(inputs: Inputs<Input>): Runnable<Input, Output> {
    return this.#stages(Array.isArray(inputs) ? ARRAY_LOOK_UP : LAZY_LOOK_UP);
  }

  #stages(maxInputs: number): Runnable<Input, Output> {
    const { callOptions: named = [], dedupe, schema } = this.settings;
    const callOptions = [...named, SCHEMA_OPTION];
    const lookUps = bulkRunnable<Input, Output>((some, options) => this.#find(some, options), {
      lookUp: true,
      maxConcurrency: 1,
      request: { maxInputs },
      callOptions,
      ...(dedupe === undefined ? {} : { dedupe }),
      ...(schema === undefined ? {} : { schema }),
    });
    return withFallbacks(lookUps, [withConfig(this, { callOptions })]);
  }

  async #find(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    const outcomes = await this.#lookUp(inputs, options);
    return outcomes.map((outcome) => (outcome === undefined ? NOT_FOUND : (outcome.error ?? outcome.value)));
  }
}

// The engine still does the work of this `batch`: it is no author's, who would want whole arrays.
// oxlint-disable-next-line typescript/unbound-method -- it is marked here, not called
Object.defineProperty(LookUpFirst.prototype.batch, BASE_BATCH, { value: true });

/** What an input fails with that goes on to be sent. Nobody sees it. */
const NOT_FOUND = new Error("Not in the cache.");

/** The batch's own schema also says what is saved. What is wrong with the options, the engine says. */
function withSchema<Input, Output>(options: BatchOptions<Input, Output>): BatchOptions<Input, Output> {
  const schema = options?.schema;
  return schema === undefined ? options : Object.assign({}, options, { [SCHEMA_OPTION]: schema });
}
