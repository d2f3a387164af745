import { IS_WORKERD } from "@batchwise/core/wrappers";

/** Outcome of an input: an output, or the error that kept it from being made. */
export type Outcome<Output> =
  | { readonly value: Output; readonly error?: undefined }
  | { readonly error: Error; readonly value?: undefined };

/** Outcomes of a bulk answer, in which an Error is that item's failure. What is not an array is the coordinator's to refuse. */
export function outcomesOf<Output>(results: readonly (Output | Error)[]): readonly Outcome<Output>[] {
  if (!Array.isArray(results)) return results as never;
  return Array.from(results as (Output | Error)[], (result) =>
    result instanceof Error ? { error: result } : { value: result },
  );
}

/** An outcome as it stands in a bulk answer. */
export function resultOf<Output>(outcome: Outcome<Output> | undefined): Output | Error {
  return outcome?.error ?? (outcome?.value as Output);
}

/** An input that is being sent, for calls that have an equal one. */
export class Flight<Output> {
  /** Its outcome; undefined where it brings none, so that a call which waits must send its own. */
  readonly landed: Promise<Outcome<Output> | undefined>;
  readonly #land: (outcome: Outcome<Output> | undefined) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Outcome<Output> | undefined>();
    this.landed = promise;
    this.#land = resolve;
  }

  land(outcome: Outcome<Output> | undefined): void {
    this.#land(outcome);
  }
}

/** Inputs that one cached Runnable is sending now, by key. */
export class SingleFlight<Output> {
  readonly #byKey = new Map<string, Flight<Output>>();

  get(key: string): Flight<Output> | undefined {
    // Another request's flight may be gone, and never land: there each call sends its own.
    return IS_WORKERD ? undefined : this.#byKey.get(key);
  }

  start(key: string): Flight<Output> {
    const flight = new Flight<Output>();
    this.#byKey.set(key, flight);
    return flight;
  }

  /** Ends a flight, with its outcome or without. The first end counts. */
  end(key: string, flight: Flight<Output>, outcome?: Outcome<Output>): void {
    // After an abort another flight may have taken its place.
    if (this.#byKey.get(key) === flight) this.#byKey.delete(key);
    flight.land(outcome);
  }
}
