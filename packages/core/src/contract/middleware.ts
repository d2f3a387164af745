import type { CallOptions } from "./call.ts";
import type { FinishReport, Price, Progress, RequestEvent, RetryEvent, Usage } from "./report.ts";
import type { StandardSchema } from "./standard-schema.ts";

/**
 * Middleware of a Runnable: sees its batches begin and end, and each of its calls with its inputs and its attempt. Set it
 * with `withConfig(runnable, { middleware: [logger] })`; what is set later is further outside. Both functions are read
 * when a batch begins: one that is undefined then costs that batch nothing.
 *
 * @example
 * const logger: Middleware = {
 *   async call(call, next) {
 *     const result = await next(call);
 *     console.log(`${call.inputs.length} inputs, attempt ${call.attempt}`);
 *     return result;
 *   },
 * };
 */
export interface Middleware<Input = any, Output = any> {
  /**
   * Called when a batch of the Runnable begins, `invoke` through a wrapper included, the outermost middleware first.
   * Returns listeners for that batch: they hear of it before those in its options, and of its end after these, so that
   * they know whether one of these threw. A batch that cannot be started has failed, and nothing is in its report.
   *
   * @throws any error to refuse the batch: it is rejected with it, and nothing is sent
   */
  readonly batch?: ((batch: BatchInfo) => BatchListeners | undefined | void) | undefined;
  /**
   * Runs around each call. Calls `next` once, with the call as it is or changed, and returns its result as it is or
   * changed; or does not call it, and returns a result of its own. It counts as a request all the same.
   *
   * @throws the error that `next` rejected with, or another that says of itself what is to be done (a ProviderError, an
   * InputError, a BudgetError): it is the call's failure. Any other error is a fault of the middleware and ends the
   * batch; what the call has brought by then is kept.
   */
  readonly call?: CallHook<Input, Output> | undefined;
}

/** Function of a middleware around a call. */
export type CallHook<Input = any, Output = any> = (
  call: Call<Input>,
  next: (call: Call<Input>) => Promise<CallResult<Output>>,
) => Promise<CallResult<Output>>;

/** Batch that begins. */
export interface BatchInfo {
  readonly method: "batch" | "batchAsCompleted" | "batchInOrder" | "invoke";
  /** Inputs in all, where they are known at the beginning. */
  readonly size: number | undefined;
  /** Prices of the Runnable whose batch it is. */
  readonly price: Price | undefined;
  /** Call inside of which the batch runs, where that call has middleware too and has handed its options on. */
  readonly parent: Call | undefined;
  /** Options that the caller has given, the adapter's own call options included. They are not checked yet. */
  readonly options: CallOptions & { readonly returnExceptions?: boolean | undefined };
}

/** Listeners to one batch, as in `BatchOptions`. */
export interface BatchListeners {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  readonly onFinish?: ((report: FinishReport) => void) | undefined;
}

/** Call that is going to be made. */
export interface Call<Input = any> {
  /** One for a Runnable that takes one input a call. */
  readonly inputs: readonly Input[];
  /** 1 for the first call of these inputs. */
  readonly attempt: number;
  /** Signal, report and the adapter's own call options. Hand them on whole: nested batches know their place by them. */
  readonly options: CallOptions;
  /** Prices of the Runnable that is called: a step's own, where it is a step of a pipe. */
  readonly price: Price | undefined;
  /** Schema to which the engine is going to hold the results. */
  readonly schema: StandardSchema<unknown, any> | undefined;
  /** Batch in which the call is made. */
  readonly batch: BatchInfo;
  /** Functions around the call, the last one outermost: by them one that was set twice acts once. */
  readonly hooks: readonly CallHook[];
}

/** Result of a call. */
export interface CallResult<Output = any> {
  /** One for each input, in their order; an Error in a slot fails that input alone. */
  readonly results: readonly (Output | Error)[];
  /** Usage that the call has reported. */
  readonly usage?: Usage | undefined;
  /** The provider's id of the request. */
  readonly requestId?: string | undefined;
}
