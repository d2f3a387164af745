import type { BatchOptions, CallOptions, Inputs, Price, Runnable } from "@batchwise/core";
import { calleeOf, INSIDE, isOverridden } from "@batchwise/core/wrappers";
import type { BatchRecord } from "./batch-record.ts";
import { RequestRecord } from "./request-record.ts";
import type { Telemetry } from "./telemetry.ts";

/** For whom a call is made, where that is known. */
export interface Caller {
  readonly batch: BatchRecord;
  /** What the backend charges, as that batch counts it. */
  readonly price: Price | undefined;
}

/** In options: for whom the call is made. Nobody but `Requests` sees it. */
const CALLER: unique symbol = Symbol("batchwise.opentelemetry.caller") as never;

/** On a Runnable whose calls are recorded. */
export const REQUESTS: unique symbol = Symbol("batchwise.opentelemetry.requests") as never;

/** The calls of a Runnable that are recorded already. */
export function recordedBy<Input, Output>(runnable: Runnable<Input, Output>): Requests<Input, Output> | undefined {
  return (calleeOf(runnable) as { readonly [REQUESTS]?: Requests<Input, Output> })[REQUESTS];
}

/** The recorded calls of a Runnable: those that exist, which stay with the telemetry nearest to them, or new ones. */
export function requestsOf<Input, Output>(
  runnable: Runnable<Input, Output>,
  telemetry: Telemetry,
): Requests<Input, Output> {
  return recordedBy(runnable) ?? new Requests(calleeOf(runnable), telemetry);
}

/** Options that say for whom the call is made. */
export function callFor<Options extends CallOptions>(caller: Caller | undefined, options: Options): Options {
  return caller === undefined ? options : Object.freeze({ ...options, [CALLER]: caller });
}

/** Whether a call is made for a batch that is recorded. */
export function isCallFor(options: object | null): boolean {
  return options !== null && CALLER in options;
}

/** Makes one Runnable's calls, each of which is recorded as a request. */
export class Requests<Input, Output> {
  /** The way in which the engine calls the Runnable. */
  readonly kind: "one" | "many" | "override";
  readonly #target: Runnable<Input, Output>;
  readonly #telemetry: Telemetry;

  constructor(target: Runnable<Input, Output>, telemetry: Telemetry) {
    this.#target = target;
    this.#telemetry = telemetry;
    if (isOverridden(target)) this.kind = "override";
    else this.kind = typeof target.invokeMany === "function" ? "many" : "one";
  }

  one(input: Input, options: CallOptions): Promise<Output> {
    const record = this.#begin(1, options);
    return record === undefined
      ? this.#target.invoke(input, options)
      : record.run((own) => this.#target.invoke(input, own));
  }

  many(inputs: readonly Input[], options: CallOptions): Promise<readonly (Output | Error)[]> {
    const target = this.#target as Required<Runnable<Input, Output>>;
    const record = this.#begin(inputs.length, options);
    return record === undefined
      ? target.invokeMany(inputs, options)
      : record.run((own) => target.invokeMany(inputs, own), rejectedIn);
  }

  /** A request is one call of the author's `batch`. */
  override(inputs: Inputs<Input>, options: BatchOptions<Input, Output>): Promise<(Output | Error)[]> {
    // Where the engine calls it, it must know itself.
    const handed = INSIDE in options ? Object.freeze({ ...options, [INSIDE]: this.#target }) : options;
    const record = this.#begin(Array.isArray(inputs) ? inputs.length : undefined, handed);
    return record === undefined
      ? this.#target.batch(inputs, handed)
      : record.run((own) => this.#target.batch(inputs, own), rejectedIn);
  }

  #begin(inputs: number | undefined, options: CallOptions): RequestRecord | undefined {
    const recorder = this.#telemetry.recorder();
    if (recorder === undefined) return undefined;
    const { [CALLER]: caller, ...own } = options as CallOptions & { readonly [CALLER]?: Caller };
    const { batch, price = this.#target.settings?.price } = caller ?? {};
    return new RequestRecord(recorder, { inputs, options: own, price, batch });
  }
}

/** Inputs that failed single-handedly: their Errors stand in the answer. */
function rejectedIn(answer: readonly unknown[]): number {
  if (!Array.isArray(answer)) return 0;
  let rejected = 0;
  for (const each of answer) if (each instanceof Error) rejected++;
  return rejected;
}
