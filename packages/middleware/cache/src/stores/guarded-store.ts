import { type Clock, TimeoutError, toError } from "@batchwise/core";
import type { DAMAGED, Entry, Store, StoreLimits } from "./store.ts";

/** Milliseconds for which a store that did not answer is left alone. */
const AWAY_MS = 30_000;
/** Milliseconds after which a call that fails has cost so much time that the next ones are spared. */
const SLOW_MS = 1000;

/** Parts of a guarded store. */
export interface GuardedStoreParts {
  readonly store: Store;
  /** Milliseconds of one call. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** True where the work goes on without the store: then it never waits to learn that the store is back. */
  readonly forgives: boolean;
}

/**
 * Store whose every call ends in time. Clients of Redis queue the commands of a server that is away, and with usual
 * settings forever (redis/node-redis#2205, redis/ioredis#285, jaredwray/keyv#1496), and none of them notices one that is
 * silent (jaredwray/keyv#1679). After a call that was lost or failed slowly, calls fail at once for half a minute.
 */
export class GuardedStore implements Store {
  readonly #parts: GuardedStoreParts;
  #away: { readonly error: Error; until: number } | undefined;

  constructor(parts: GuardedStoreParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    const { store } = this.#parts;
    await this.#call(async () => store.open());
  }

  async read(keys: readonly string[]): Promise<readonly (Uint8Array | typeof DAMAGED | undefined)[]> {
    return this.#call(() => this.#parts.store.read(keys));
  }

  async write(entries: readonly Entry[]): Promise<void> {
    return this.#call(() => this.#parts.store.write(entries));
  }

  /** Has all the time that it needs: no call waits for it. */
  async prune(limits: StoreLimits): Promise<void> {
    await this.#parts.store.prune?.(limits);
  }

  #call<T>(work: () => Promise<T>): Promise<T> {
    const away = this.#away;
    if (away === undefined) return this.#attempt(work);
    const { clock, forgives } = this.#parts;
    if (clock.now() < away.until) return Promise.reject(away.error);
    // The others are spared while this call asks whether the store is back.
    away.until = clock.now() + AWAY_MS;
    const asking = this.#attempt(work);
    if (!forgives) return asking;
    asking.catch(ignore);
    return Promise.reject(away.error);
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    const { clock, timeoutMs, store } = this.#parts;
    const startedAt = clock.now();
    try {
      const value = await (store.isImmediate === true ? work() : this.#inTime(work));
      this.#away = undefined;
      return value;
    } catch (thrown) {
      const now = clock.now();
      const error = toError(thrown);
      if (now - startedAt >= Math.min(SLOW_MS, timeoutMs)) this.#away = { error, until: now + AWAY_MS };
      throw error;
    }
  }

  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#parts;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = clock.after(timeoutMs, () => reject(unanswered(timeoutMs)));
    try {
      const answer = work();
      // After its time it is waited for no more.
      answer.catch(ignore);
      return await Promise.race([answer, late]);
    } finally {
      cancel();
    }
  }
}

function unanswered(timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `Expected the store to answer within \`storeTimeoutMs\` (${timeoutMs} ms), got nothing. ` +
      "See that its server runs and can be reached from here.",
  );
}

function ignore(): void {}
