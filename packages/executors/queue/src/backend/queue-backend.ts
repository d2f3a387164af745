import { ArgumentError, sleep, systemClock } from "@batchwise/core";
import pRetry from "p-retry";
import { PgBoss } from "pg-boss";
import { optionError } from "../option-error.ts";
import { type Database, forBoss, type Queries } from "./database.ts";
import { databaseFailure, isOutage, unreachable } from "./database-failure.ts";
import { Notices } from "./notices.ts";
import { type Outage, OutageWatch } from "./outage-watch.ts";
import { installSchema } from "./schema.ts";

/** Options of each backend. */
export interface QueueBackendOptions {
  /**
   * Schema of our tables; pg-boss's own are in one of the same name with `_pgboss` appended. Lower-case letters, digits
   * and underscores. Backends with different schemas are independent of each other. @default "batchwise"
   */
  readonly schema?: string;
  /**
   * Milliseconds to retry while the database cannot be reached, at the start and later, before calls that wait for it
   * fail with a QueueDatabaseError. @default 60_000
   */
  readonly reconnectMs?: number;
  /**
   * Called at once when the database cannot be reached any more, every ten seconds while it is away, and when it is
   * back. A call without an answer for ten seconds counts, too. @default none
   */
  readonly onOutage?: (outage: Outage) => void;
}

/** Names of the options of each backend. */
export const BACKEND_OPTIONS: readonly (keyof QueueBackendOptions)[] = ["schema", "reconnectMs", "onOutage"];

/** Driver of a backend's database. */
export interface Driver {
  readonly kind: "postgres" | "pglite";
  open(): Promise<Database>;
  /** Runs once the tables exist, before any other statement. */
  prepare?(session: Session): Promise<void>;
  /** Runs once the database is closed. */
  release?(): Promise<void>;
}

/** An open backend. */
export interface Session {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly notices: Notices;
  /** Schemas of our tables and of pg-boss's. */
  readonly schema: string;
  readonly bossSchema: string;
}

const NAME = /^[a-z_][a-z0-9_]{0,50}$/;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;
const START_ATTEMPTS = 3;
/** Seconds between two checks for lost workers. */
const SUPERVISE_SECONDS = 1;
/** Seconds between two rounds of pg-boss's maintenance. The outcomes are in our own tables. */
const MAINTAIN_SECONDS = 60;

/**
 * Database in which chunks wait for workers: `pgliteBackend` within this process, `postgresBackend` for many. It opens
 * when it is first used. Close it when the work is done: an open backend keeps the process alive.
 */
export class QueueBackend {
  readonly #driver: Driver;
  readonly #schema: string;
  readonly #reconnectMs: number;
  readonly #watch: OutageWatch;
  #session: Promise<Session> | undefined;
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  /** @throws ArgumentError for a schema that needs quotes, or another option with a wrong value. */
  constructor(driver: Driver, { schema = "batchwise", reconnectMs = 60_000, onOutage }: QueueBackendOptions) {
    if (typeof schema !== "string" || !NAME.test(schema)) {
      throw optionError("schema", "lower-case letters, digits and underscores, at most 51, and no digit first", schema);
    }
    if (!(reconnectMs >= 0)) throw optionError("reconnectMs", "a number of milliseconds from 0", reconnectMs);
    if (onOutage !== undefined && typeof onOutage !== "function") throw optionError("onOutage", "a function", onOutage);
    this.#driver = driver;
    this.#schema = schema;
    this.#reconnectMs = reconnectMs;
    this.#watch = new OutageWatch(systemClock, onOutage);
  }

  /**
   * Opens the database and makes the tables, where that has not been done.
   *
   * @throws QueueDatabaseError when the database cannot be reached or used.
   */
  async open(): Promise<void> {
    await this.session();
  }

  /** Closes the database. Calls that still wait for it fail. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Session of the open backend, for this package alone. */
  session(): Promise<Session> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    this.#session ??= this.#start().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  /**
   * Does `work`, and again from its start when the connection was lost in it, for this package alone. `work` must be one
   * that may be done twice: whether its statements were committed is not known then.
   *
   * @throws QueueDatabaseError when the database cannot be reached for `reconnectMs`.
   */
  async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.session();
    return this.#persist(() => work(session));
  }

  /** The same in one transaction. */
  transaction<T>(work: (transaction: Queries, session: Session) => Promise<T>): Promise<T> {
    return this.run((session) => session.database.transaction((transaction) => work(transaction, session)));
  }

  async #start(): Promise<Session> {
    const database = await this.#persist(() => this.#driver.open());
    const bossSchema = `${this.#schema}_pgboss`;
    const boss = new PgBoss({
      db: forBoss(database),
      backend: this.#driver.kind,
      schema: bossSchema,
      schedule: false,
      registerInstance: false,
      monitorVacuum: false,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      maintenanceIntervalSeconds: MAINTAIN_SECONDS,
    });
    // pg-boss resumes its maintenance by itself after an outage.
    boss.on("error", (error) => {
      if (!isOutage(error) && this.#closing === undefined) process.emitWarning(error.message, "BatchwiseWarning");
    });
    const notices = new Notices(database, this.#schema);
    const session: Session = { database, boss, notices, schema: this.#schema, bossSchema };
    try {
      await this.#persist(() => installSchema(database, this.#schema));
      // Where several processes make its tables at once, all but one may fail the first time.
      await this.#persist(() => boss.start({ attempts: START_ATTEMPTS }));
      await this.#driver.prepare?.(session);
      await notices.open();
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => undefined);
      await database.close().catch(() => undefined);
      await this.#driver.release?.();
      throw error;
    }
    return session;
  }

  async #persist<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#closed;
    let lostAt: number | undefined;
    try {
      return await pRetry(() => this.#watch.over(work), {
        retries: Infinity,
        minTimeout: 0,
        shouldRetry: async ({ error, attemptNumber }) => {
          signal.throwIfAborted();
          if (!isOutage(error)) return false;
          lostAt ??= systemClock.now();
          const lostMs = systemClock.now() - lostAt;
          if (lostMs >= this.#reconnectMs) throw unreachable(error, lostMs);
          this.#watch.lost(error);
          await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attemptNumber - 1)), systemClock, signal);
          return true;
        },
      });
    } catch (error) {
      throw databaseFailure(error);
    }
  }

  async #close(): Promise<void> {
    this.#closed.abort(closed());
    this.#watch.close();
    const session = await this.#session?.catch(() => undefined);
    if (session === undefined) return;
    await session.notices.close();
    await session.boss.stop({ graceful: false }).catch(() => undefined);
    await session.database.close();
    await this.#driver.release?.();
  }
}

/** @throws ArgumentError for anything but a backend. */
export function requireBackend(value: unknown): void {
  if (!(value instanceof QueueBackend)) throw optionError("backend", BACKEND, value);
}

export const BACKEND = "postgresBackend() or pgliteBackend()";

function closed(): ArgumentError {
  return new ArgumentError(
    "Expected an open backend, got a closed one. Close it after the last batch, or make another.",
  );
}
