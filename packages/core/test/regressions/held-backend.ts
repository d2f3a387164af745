import { setImmediate as nextTurn } from "node:timers/promises";
import type { CallOptions } from "@batchwise/core";

/** One call that a HeldBackend received and holds open. */
export interface HeldCall<Request, Response> {
  readonly request: Request;
  readonly options: CallOptions;
  answer(response: Response): void;
  fail(error: unknown): void;
}

/**
 * A backend that records each call and holds it open until the test answers it, so that overlap is seen and not
 * timed. It ignores its signal, as a careless function would.
 */
export class HeldBackend<Request, Response> {
  readonly calls: HeldCall<Request, Response>[] = [];
  inFlight = 0;
  /** The most calls that were ever open at once. */
  peak = 0;

  /** Hand this to `runnable` (a request is one input) or to `bulkRunnable` (a request is an array of inputs). */
  readonly call = (request: Request, options: CallOptions): Promise<Response> => {
    this.inFlight += 1;
    this.peak = Math.max(this.peak, this.inFlight);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    let open = true;
    const close = (): void => {
      if (open) this.inFlight -= 1;
      open = false;
    };
    this.calls.push({
      request,
      options,
      answer(response): void {
        close();
        resolve(response);
      },
      fail(error): void {
        close();
        reject(error);
      },
    });
    return promise;
  };

  /** Inputs that were sent, in the order of the calls. */
  get requests(): Request[] {
    return this.calls.map((call) => call.request);
  }

  /** The call with this number, from 0. */
  at(number: number): HeldCall<Request, Response> {
    const call = this.calls[number];
    if (call === undefined) {
      throw new Error(`Expected at least ${number + 1} calls, got ${this.calls.length}.`);
    }
    return call;
  }
}

/** A promise whose state a test can read, and whose rejection never counts as unhandled. */
export interface Watched<T> {
  readonly promise: Promise<T>;
  readonly state: "pending" | "fulfilled" | "rejected";
  readonly value: T | undefined;
  readonly reason: unknown;
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: { -readonly [Key in keyof Watched<T>]: Watched<T>[Key] } = {
    promise,
    state: "pending",
    value: undefined,
    reason: undefined,
  };
  promise.then(
    (value) => Object.assign(watched, { state: "fulfilled", value }),
    (reason: unknown) => Object.assign(watched, { state: "rejected", reason }),
  );
  return watched;
}

/** Lets everything that can go on without time passing go on. */
export async function turn(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Reason with which `promise` rejects. @throws Error where it is fulfilled */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("Expected a rejection, got a promise that was fulfilled.");
}

/** The numbers from 0 up to, and without, `count`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Everything an iterator gives, and what it throws at the end, if it throws. */
export async function drained<T>(iterator: AsyncIterable<T>): Promise<{ items: T[]; thrown: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of iterator) items.push(item);
  } catch (error) {
    return { items, thrown: error };
  }
  return { items, thrown: undefined };
}

/** The listeners that `signal` holds, as they come and go. */
export function countListeners(signal: AbortSignal): ReadonlySet<unknown> {
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    listeners.add(args[1]);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    listeners.delete(args[1]);
    remove(...args);
  };
  return listeners;
}
