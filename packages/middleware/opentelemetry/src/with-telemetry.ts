import {
  ArgumentError,
  type BatchOptions,
  type CallOptions,
  type Completed,
  type Estimate,
  type Inputs,
  isRunnable,
  Runnable,
  type RunnableSettings,
  withConfig,
} from "@batchwise/core";
import { BASE_BATCH, chainOf, isEnginesCall, isOverridden, STAGES, WRAPPED, wrappedBy } from "@batchwise/core/wrappers";
import type { Method } from "./batch-facts.ts";
import { BatchRecord, type Beginning } from "./batch-record.ts";
import { bound } from "./bound.ts";
import { hasOwnBatch } from "./own-batch.ts";
import { requireOptions, type TelemetryOptions } from "./options.ts";
import { RecordedOutcomes } from "./recorded-outcomes.ts";
import { RequestRecord } from "./request-record.ts";
import { callFor, isCallFor, recordedBy, REQUESTS, type Requests, requestsOf } from "./requests.ts";
import { Telemetry } from "./telemetry.ts";

/**
 * The same Runnable with spans and metrics: one span a batch, one a request, and what OpenTelemetry's conventions for
 * generative AI measure. No input, output, key or message of an error is recorded. While no provider is registered it
 * costs next to nothing, and one that fails breaks no batch.
 *
 * @throws ArgumentError for options that cannot be worked with
 *
 * @example
 * const embeddings = withTelemetry(new OpenAIEmbeddings({ model }), { operation: "embeddings", provider: "openai", model });
 * const vectors = await embeddings.batch(texts);
 */
export function withTelemetry<Input, Output>(
  inner: Runnable<Input, Output>,
  options: TelemetryOptions = {},
): Runnable<Input, Output> {
  const came: unknown = inner;
  if (!isRunnable(came)) {
    throw new ArgumentError("withTelemetry expects a Runnable. runnable(fn) makes one of a function.");
  }
  requireOptions(options);
  const telemetry = new Telemetry(options);
  const parts: Parts<Input, Output> = { inner, telemetry, requests: requestsOf(inner, telemetry) };
  if (isOverridden(inner)) return new TelemeteredOverride(parts);
  const isBulk = parts.requests.kind === "many" && chainOf(inner) === undefined;
  return isBulk ? new TelemeteredMany(parts) : new Telemetered(parts);
}

interface Parts<Input, Output> {
  readonly inner: Runnable<Input, Output>;
  readonly telemetry: Telemetry;
  readonly requests: Requests<Input, Output>;
}

/** On a Runnable with telemetry: the one that has been given it. */
const SOURCE: unique symbol = Symbol("batchwise.opentelemetry.source") as never;

/**
 * The same Runnable, whose batches are recorded: the engine runs them on a Runnable that is bound to the batch. Without
 * one, the calls that a wrapper has it make (L10) are recorded all the same.
 */
class Telemetered<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly [SOURCE]: Runnable<Input, Output>;
  readonly #parts: Parts<Input, Output>;
  readonly #via: Runnable<Input, Output> | undefined;

  /** @param isHook whether this Runnable itself is what the engine calls, with a hook of its own */
  constructor(parts: Parts<Input, Output>, isHook: boolean = false) {
    super();
    const { inner, telemetry, requests } = parts;
    this.#parts = parts;
    this.#via = isHook ? this : undefined;
    this.settings = inner.settings ?? {};
    this[SOURCE] = (inner as { readonly [SOURCE]?: Runnable<Input, Output> })[SOURCE] ?? inner;
    if (isHook) {
      Object.defineProperty(this, REQUESTS, { value: requests });
    } else {
      const calls = bound(inner, telemetry, undefined);
      Object.defineProperties(this, { [WRAPPED]: { value: calls }, [STAGES]: { value: chainOf(calls) } });
    }
  }

  override invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const batch = this.#begin("invoke", [input], options);
    if (batch === undefined) return this.#parts.inner.invoke(input, options);
    return batch.settle(() => this.#invoke(input, options, batch));
  }

  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<Output[]> {
    const batch = this.#begin("batch", inputs, options);
    const runner = this.#runner(batch);
    if (batch === undefined) return (await runner.batch(inputs, options)) as Output[];
    return (await batch.settle(() => runner.batch(inputs, batch.hooked(options)))) as Output[];
  }

  override batchAsCompleted(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return this.#outcomes("batchAsCompleted", inputs, options);
  }

  override batchInOrder(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return this.#outcomes("batchInOrder", inputs, options);
  }

  override estimate(inputs: Iterable<Input>, options: BatchOptions<Input, Output> = {}): Estimate {
    return this.#parts.inner.estimate(inputs, options);
  }

  #begin(method: Method, inputs: unknown, options: object): BatchRecord | undefined {
    const told = method !== "invoke" && this.#runsItself ? { price: this.settings.price } : undefined;
    return begin(this.#parts, { method, inputs, options, told });
  }

  /** What the engine runs for a batch. */
  #runner(batch: BatchRecord | undefined): Runnable<Input, Output> {
    const { inner, telemetry } = this.#parts;
    if (batch === undefined && (this.#via === undefined || this[SOURCE] !== inner)) return inner;
    if (this.#runsItself) return this[SOURCE];
    const runner = bound(inner, telemetry, batch, this.#via);
    return isOverridden(runner) ? withConfig(runner, {}) : runner;
  }

  /** Whether what is inside is a wrapper that runs batches in a way of its own, as a cache does. */
  get #runsItself(): boolean {
    return hasOwnBatch(this[SOURCE]) && !isOverridden(this[SOURCE]);
  }

  #outcomes(
    method: "batchAsCompleted" | "batchInOrder",
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output>,
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return new RecordedOutcomes(
      () => this.#begin(method, inputs, options),
      (batch, own) => this.#runner(batch)[method](inputs, own),
      options,
    );
  }

  /** One call, in the inner Runnable's own way. */
  #invoke(input: Input, options: CallOptions, batch: BatchRecord): Promise<Output> {
    const { inner, telemetry, requests } = this.#parts;
    const { price } = this.settings;
    const source = this[SOURCE];
    if (chainOf(inner) !== undefined) return bound(inner, telemetry, batch).invoke(input, options);
    if (wrappedBy(source) === undefined) return requests.one(input, callFor({ batch, price }, options));
    // A wrapper may do more than to configure: it gathers calls, or tries them again. It has to be asked itself.
    if (recordedBy(source) !== undefined) return source.invoke(input, options);
    const record = new RequestRecord(batch.recorder, { inputs: 1, options, price, batch });
    return record.run((own) => source.invoke(input, own));
  }
}

// The engine does the work of this `batch`: it is no author's, who would want whole arrays.
// oxlint-disable-next-line typescript/unbound-method -- it is marked here, not called
Object.defineProperty(Telemetered.prototype.batch, BASE_BATCH, { value: true });

/** Of a Runnable that gives `invokeMany`. */
class TelemeteredMany<Input, Output> extends Telemetered<Input, Output> {
  readonly #parts: Parts<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super(parts, true);
    this.#parts = parts;
  }

  override invokeMany(inputs: readonly Input[], options: CallOptions): Promise<readonly (Output | Error)[]> {
    return this.#parts.requests.many(inputs, options);
  }
}

/** Of a Runnable whose author has written `batch`: called directly, it is what the author wrote. */
class TelemeteredOverride<Input, Output> extends Telemetered<Input, Output> {
  readonly #parts: Parts<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super(parts, true);
    this.#parts = parts;
  }

  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<Output[]> {
    const { inner, requests } = this.#parts;
    if (isEnginesCall(this, options) || isCallFor(options))
      return (await requests.override(inputs, options)) as Output[];
    const batch = begin(this.#parts, { method: "batch", inputs, options, told: undefined });
    if (batch === undefined) return (await inner.batch(inputs, options)) as Output[];
    const own = callFor({ batch, price: this.settings.price }, batch.hookedForRetries(options));
    return (await batch.settle(() => requests.override(inputs, own))) as Output[];
  }
}

/** A batch that begins; undefined while nobody would record it. */
function begin({ telemetry }: Parts<any, any>, beginning: Beginning): BatchRecord | undefined {
  const recorder = telemetry.recorder();
  return recorder && new BatchRecord(recorder, { ...beginning, options: beginning.options ?? {} });
}
