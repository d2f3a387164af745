import type { Clock } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";

/** Turns of Node's loop without anything on its way, after which nothing more will follow by itself. */
const QUIET_TURNS = 4;
const DEADLOCK_TURNS = 100_000;

/**
 * Time that a client and a server share, over real connections: it moves on to the next timer once each request that is
 * under way waits for a timer of the server.
 */
export class SharedTime {
  readonly #clock = new FakeClock();
  #requests = 0;
  #served = 0;
  #timers = 0;
  #turn: Promise<void> = Promise.resolve();

  /** The client's clock. */
  get clock(): Clock {
    return this.#clock;
  }

  /** The server's clock, by whose timers it is known what waits there. */
  readonly server: Clock = {
    now: () => this.#clock.now(),
    after: (ms, callback) => {
      let isSet = true;
      const end = (): void => {
        if (isSet) this.#served--;
        isSet = false;
      };
      this.#served++;
      this.#timers++;
      const cancel = this.#clock.after(ms, () => {
        end();
        callback();
      });
      return () => {
        end();
        cancel();
      };
    },
  };

  /**
   * `fetch` whose requests are known to be under way until their bodies have arrived. They reach the server in the order
   * in which they are made, so that a run can be repeated.
   */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    this.#requests++;
    const turn = this.#turn;
    const state = { isOver: false };
    this.#turn = turn.then(() => this.#arrival(state));
    try {
      await turn;
      const response = await fetch(input, init);
      const body = await response.arrayBuffer().catch((error: unknown) => broken(error));
      return new Response(body, { status: response.status, headers: response.headers });
    } finally {
      state.isOver = true;
      this.#requests--;
    }
  };

  /** Resolves once the request whose turn it is waits for the server's clock, or is over. */
  async #arrival(request: { readonly isOver: boolean }): Promise<void> {
    const before = this.#timers;
    while (!request.isOver && this.#timers === before) await new Promise(setImmediate);
  }

  /**
   * Moves on until `promise` has settled, and settles like it.
   *
   * @throws Error after `mostMs`, or when no timer is left that could settle it
   */
  async run<T>(promise: Promise<T>, mostMs: number): Promise<T> {
    const until = this.#clock.now() + mostMs;
    const state = { isSettled: false };
    void promise.finally(() => (state.isSettled = true)).catch(() => undefined);
    for (let quiet = 0; !state.isSettled; quiet++) {
      await new Promise(setImmediate);
      const { nextInMs } = this.#clock;
      if (this.#requests > this.#served) quiet = 0;
      if (quiet < QUIET_TURNS) continue;
      // Something is being loaded or counted, or it is a deadlock.
      if (nextInMs === undefined && quiet < DEADLOCK_TURNS) continue;
      if (nextInMs === undefined) throw new Error("Expected the run to end, got no timer that could end it.");
      quiet = 0;
      if (this.#clock.now() + nextInMs > until) throw new Error(`Expected an end within ${mostMs} ms, got none.`);
      await this.#clock.advance(nextInMs);
    }
    return promise;
  }
}

/** Body that breaks off. */
function broken(error: unknown): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.error(error) });
}
