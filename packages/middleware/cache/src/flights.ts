/** What came of an input: an output, or why there is none. */
export type Outcome<Output> =
  | { readonly value: Output; readonly error?: undefined }
  | { readonly error: Error; readonly value?: undefined };

/** An input that is being sent, for those who have an equal one. */
export class Flight<Output> {
  /** Its outcome; undefined where it brings none, so that whoever waits must send their own. */
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

/** Everything that one cached Runnable is sending now, by key. */
export class Flights<Output> {
  readonly #byKey = new Map<string, Flight<Output>>();

  get(key: string): Flight<Output> | undefined {
    return this.#byKey.get(key);
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
