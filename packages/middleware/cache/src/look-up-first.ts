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
import type { Outcome } from "./flights.ts";
import { BASE_BATCH } from "./marks.ts";
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
 * A wrapper of a cached Runnable calls its `invokeMany` or `invoke`, which look up as well, one request at a time.
 */
export abstract class LookUpFirst<Input, Output> extends Runnable<Input, Output> {
  abstract override readonly settings: RunnableSettings<Input, Output>;
  readonly #lookUp: LookUp<Input, Output>;

  constructor(lookUp: LookUp<Input, Output>) {
    super();
    this.#lookUp = lookUp;
  }

  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<Output[]> {
    const [stages, own] = this.#stages(inputs, options);
    return (await stages.batch(inputs, own)) as Output[];
  }

  override batchAsCompleted(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    const [stages, own] = this.#stages(inputs, options);
    return stages.batchAsCompleted(inputs, own);
  }

  override batchInOrder(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    const [stages, own] = this.#stages(inputs, options);
    return stages.batchInOrder(inputs, own);
  }

  #stages(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output>,
  ): [Runnable<Input, Output>, BatchOptions<Input, Output>] {
    // The engine says what is wrong with it.
    if (typeof options !== "object" || options === null) return [withConfig(this, {}), options];
    const { settings } = this;
    const { retry, timeoutMs, limiter, schema, ...rest } = options;
    const { callOptions: named = [], dedupe, price } = settings;
    const callOptions = schema === undefined ? named : [...named, SCHEMA_OPTION];
    const calls = withConfig(this, { ...given({ retry, timeoutMs, limiter, schema }), callOptions });
    const lookUps = bulkRunnable<Input, Output>((some, own) => this.#find(some, own), {
      maxConcurrency: 1,
      request: { maxInputs: Array.isArray(inputs) ? ARRAY_LOOK_UP : LAZY_LOOK_UP },
      callOptions,
      ...given({ dedupe, schema: schema ?? settings.schema }),
    });
    const stages = withFallbacks(lookUps, [calls]);
    // What a call costs counts against `maxCost` while it is in flight, too.
    Object.defineProperty(stages, "settings", { value: { ...stages.settings, ...given({ price }) } });
    return [stages, { ...rest, ...withoutLookUps(options), ...given({ [SCHEMA_OPTION]: schema }) }];
  }

  async #find(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    options.report?.({ requestId: LOOK_UP });
    const outcomes = await this.#lookUp(inputs, options);
    return outcomes.map((outcome) => (outcome === undefined ? NOT_FOUND : (outcome.error ?? outcome.value)));
  }
}

// The engine still does the work of this `batch`: it is no author's, who would want whole arrays.
// oxlint-disable-next-line typescript/unbound-method -- it is marked here, not called
Object.defineProperty(LookUpFirst.prototype.batch, BASE_BATCH, { value: true });

/** What an input fails with that goes on to be sent. Nobody sees it. */
const NOT_FOUND = new Error("Not in the cache.");
/** By this name look-ups are known among requests. */
const LOOK_UP = "batchwise.cache.look-up";

/** The caller's hooks, which are not told of look-ups: these are no requests. */
function withoutLookUps<Input, Output>(options: BatchOptions<Input, Output>): BatchOptions<Input, Output> {
  const { onRequest, onProgress, onFinish } = options;
  // The engine refuses it.
  if (onRequest !== undefined && typeof onRequest !== "function") return {};
  let lookUps = 0;
  const requestsOf = <Report extends { readonly requests: number }>(report: Report): Report => ({
    ...report,
    requests: report.requests - lookUps,
  });
  return {
    onRequest: (event) => {
      if (event.requestId === LOOK_UP) lookUps++;
      else onRequest?.(event);
    },
    ...(typeof onProgress === "function" && { onProgress: (progress) => onProgress(requestsOf(progress)) }),
    ...(typeof onFinish === "function" && { onFinish: (report) => onFinish(requestsOf(report)) }),
  };
}

/** What is not undefined: a setting that is there and undefined would take the place of the Runnable's own. */
function given<Values extends object>(values: Values): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
