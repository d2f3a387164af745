import {
  type BatchOptions,
  type CallOptions,
  type Inputs,
  Runnable,
  type RunnableSettings,
  withFallbacks,
} from "@batchwise/core";
import { chainOf, INSIDE } from "@batchwise/core/wrappers";
import type { BatchRecord } from "./batch-record.ts";
import { type Caller, callFor, REQUESTS, type Requests, requestsOf } from "./requests.ts";
import type { Telemetry } from "./telemetry.ts";

/**
 * A Runnable that is the same to the engine, and each of whose calls is recorded: as a request of `batch`; without one,
 * of whatever is active then. Stages of a pipe stay stages; one that is made of others itself is called as a whole.
 *
 * @param via a Runnable whose own `invokeMany` or `batch` is to make the calls (L10)
 */
export function bound<Input, Output>(
  runnable: Runnable<Input, Output>,
  telemetry: Telemetry,
  batch: BatchRecord | undefined,
  via?: Runnable<Input, Output>,
): Runnable<Input, Output> {
  const chain = chainOf(runnable);
  if (chain !== undefined) {
    const [first, ...rest] = chain.stages.map((stage) =>
      boundWhole(stage.runnable as Runnable<any, any>, telemetry, batch),
    );
    if (chain.route === "rejected") return withFallbacks(first!, rest);
    return rest.reduce((before, next) => before.pipe(next), first!);
  }
  return boundWhole(runnable, telemetry, batch, via);
}

function boundWhole<Input, Output>(
  runnable: Runnable<Input, Output>,
  telemetry: Telemetry,
  batch: BatchRecord | undefined,
  via?: Runnable<Input, Output>,
): Runnable<Input, Output> {
  const { settings = {} } = runnable;
  // It reaches nobody: there is no request to record.
  if (settings.lookUp === true) return runnable;
  const requests = requestsOf(runnable, telemetry);
  const parts = { requests, settings, via, caller: batch && { batch, price: settings.price } };
  if (requests.kind === "override") return new BoundOverride(parts);
  return requests.kind === "many" ? new BoundMany(parts) : new BoundOne(parts);
}

interface Parts<Input, Output> {
  readonly requests: Requests<Input, Output>;
  readonly settings: RunnableSettings<Input, Output>;
  readonly via: Runnable<Input, Output> | undefined;
  readonly caller: Caller | undefined;
}

class BoundOne<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly [REQUESTS]: Requests<Input, Output>;
  readonly #caller: Caller | undefined;

  constructor({ requests, settings, caller }: Parts<Input, Output>) {
    super();
    this[REQUESTS] = requests;
    this.settings = settings;
    this.#caller = caller;
  }

  override invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    return this[REQUESTS].one(input, callFor(this.#caller, options));
  }
}

class BoundMany<Input, Output> extends BoundOne<Input, Output> {
  readonly #parts: Parts<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super(parts);
    this.#parts = parts;
  }

  override invokeMany(inputs: readonly Input[], options: CallOptions): Promise<readonly (Output | Error)[]> {
    const { requests, via, caller } = this.#parts;
    const own = callFor(caller, options);
    return via?.invokeMany === undefined ? requests.many(inputs, own) : via.invokeMany(inputs, own);
  }
}

class BoundOverride<Input, Output> extends BoundOne<Input, Output> {
  readonly #parts: Parts<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super(parts);
    this.#parts = parts;
  }

  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<Output[]> {
    const { requests, via, caller } = this.#parts;
    const own = callFor(caller, options);
    if (via === undefined) return (await requests.override(inputs, own)) as Output[];
    return (await via.batch(inputs, Object.freeze({ ...own, [INSIDE]: via }))) as Output[];
  }
}
