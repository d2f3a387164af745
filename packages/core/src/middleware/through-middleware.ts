import { ArgumentError } from "../contract/errors.ts";
import { factsOf } from "../contract/error-facts.ts";
import { kindOf } from "../contract/kind-of.ts";
import type { Call, CallHook, CallResult } from "../contract/middleware.ts";

/** End of a call that went through middleware. */
export interface MiddlewareEnd {
  /** Result to settle: the middleware's or, where that is at fault, the call's own. Undefined where there is none. */
  readonly result?: CallResult | undefined;
  /** Result of the call itself, where it has brought one. */
  readonly sent?: CallResult | undefined;
  /** Failure of the call. */
  readonly error?: unknown;
  /** Fault of the middleware: an error for the whole batch. */
  readonly fault?: Error | undefined;
}

type Next = (call: Call) => Promise<CallResult>;

/** Record of one call on its way. */
interface Passage {
  sent?: CallResult;
  /** The call's own failure: anything may be thrown, undefined too. */
  failed?: { readonly error: unknown };
  misuse?: Error;
}

/**
 * Makes a call through its hooks, the last one outermost.
 *
 * @param send makes the call itself
 */
export async function throughMiddleware(call: Call, send: Next): Promise<MiddlewareEnd> {
  const passage: Passage = {};
  const last: Next = async (changed) => {
    try {
      return (passage.sent = await send(changed));
    } catch (error) {
      passage.failed = { error };
      throw error;
    }
  };
  try {
    const result = await call.hooks.reduce<Next>((next, hook) => around(hook, next, passage), last)(call);
    const fault = passage.misuse ?? wrongResult(result, call.inputs.length);
    return { result: fault === undefined ? result : passage.sent, sent: passage.sent, fault };
  } catch (error) {
    const fault = passage.misuse ?? ownFault(error, passage);
    return fault === undefined ? { error } : { result: passage.sent, sent: passage.sent, fault };
  }
}

/**
 * Output of a call of one input. An Error is one where `invoke` has resolved to it.
 *
 * @throws the Error that middleware has put in its place: that input has failed
 */
export function outputOf({ result, sent }: MiddlewareEnd): unknown {
  const output: unknown = result?.results[0];
  if (output instanceof Error && output !== sent?.results[0]) throw output;
  return output;
}

/** A hook around a call. It ends no sooner than the call that it has begun: that one is paid, and holds a permit. */
function around(hook: CallHook, next: Next, passage: Passage): Next {
  return async (call) => {
    let begun: Promise<CallResult> | undefined;
    const once: Next = (changed) => {
      if (begun !== undefined) return Promise.reject((passage.misuse = calledTwice()));
      return (begun = next(changed));
    };
    try {
      return await hook(call, (changed) => handled(once(changed)));
    } finally {
      await begun?.catch(() => undefined);
    }
  };
}

/** A promise whose rejection is not reported where the middleware does not wait for it. */
function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

function calledTwice(): Error {
  return new ArgumentError("Expected middleware to call next once, got two calls. Let `retry` try again.");
}

function wrongResult(result: CallResult | undefined, count: number): Error | undefined {
  const results: unknown = result?.results;
  if (Array.isArray(results) && results.length === count) return undefined;
  const got = Array.isArray(results) ? `${results.length} results` : kindOf(result);
  return new ArgumentError(`Expected middleware to return ${count} results, got ${got}. Return what next gives.`);
}

/** An error that is not the call's and says nothing of itself is a fault of the middleware. */
function ownFault(error: unknown, { failed }: Passage): Error | undefined {
  const { code, position, retryable, status } = factsOf(error);
  const isDecided = code !== "unknown" || [position, retryable, status].some((fact) => fact !== undefined);
  if ((failed && error === failed.error) || isDecided) return undefined;
  return new ArgumentError("Expected middleware to return a result, got an error, in `cause`.", { cause: error });
}
