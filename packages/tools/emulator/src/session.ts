import type { EmulatorClock } from "./clock.ts";
import { TokenCounter } from "./content/tokens.ts";
import { JobStore } from "./jobs/job-store.ts";
import { Slots } from "./latency.ts";
import { Pool, type PoolLimits } from "./limits/pool.ts";
import type { Settings } from "./options.ts";
import { Recorder } from "./recorder.ts";
import type { EmulatorStats } from "./stats.ts";

/** Settings, limits and counts between two resets. A request stays in the session in which it began. */
export class Session {
  readonly settings: Settings;
  readonly clock: EmulatorClock;
  readonly tokens: TokenCounter;
  readonly recorder: Recorder;
  readonly store: JobStore;
  readonly slots: Slots;
  readonly #startedAt: number;
  readonly #pools = new Map<string, Map<string, Pool>>();
  #lastNumber = 0;

  constructor(settings: Settings, clock: EmulatorClock) {
    this.settings = settings;
    this.clock = clock;
    this.tokens = new TokenCounter(settings.countTokens ?? settings.tokens ?? "exact");
    this.recorder = new Recorder(settings.trackInputs);
    this.store = new JobStore(this.recorder, Date.now() - clock.now());
    this.slots = new Slots(settings.latency);
    this.#startedAt = clock.now();
  }

  /** Milliseconds of the clock since the session began. */
  get ageMs(): number {
    return this.clock.now() - this.#startedAt;
  }

  /** Numbers requests from 1. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /** Limits that a key's requests of one name share, with one provider. */
  pool(key: string, provider: string, name: string, limits: PoolLimits): Pool {
    let pools = this.#pools.get(key);
    if (pools === undefined) {
      pools = new Map();
      this.#pools.set(key, pools);
    }
    const id = `${provider} ${name}`;
    let pool = pools.get(id);
    if (pool === undefined) {
      const { countRefused = true, fixedWindows } = this.settings.limits;
      pool = new Pool(name, limits, { fill: this.settings.fill, countRefused, fixedWindows }, this.clock.now());
      pools.set(id, pool);
    }
    return pool;
  }

  counts(): Omit<EmulatorStats, "connections" | "openConnections" | "bytesReceived" | "bytesSent"> {
    return {
      ...this.recorder.counts(),
      jobs: this.store.counts(this.clock.now()),
      bucketUse: this.#bucketUse(),
      elapsedMs: this.ageMs,
    };
  }

  /** By the pool's name; that of another key has the key's number behind it, never the key itself. */
  #bucketUse(): EmulatorStats["bucketUse"] {
    const use: Record<string, EmulatorStats["bucketUse"][string]> = {};
    for (const [number, pools] of [...this.#pools.values()].entries()) {
      for (const pool of pools.values()) {
        use[pool.name in use ? `${pool.name} (key ${number + 1})` : pool.name] = pool.use();
      }
    }
    return use;
  }
}
