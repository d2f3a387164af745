import { ArgumentError, sleep, systemClock } from "@batchwise/core";
import pRetry from "p-retry";
import { PgBoss } from "pg-boss";
import { QueueDatabaseError } from "../errors.ts";
import { type Database, forBoss, isOutage, type Queries } from "./database.ts";
import { Notices } from "./notices.ts";
import { installSchema } from "./schema.ts";

/** Options of every engine. */
export interface QueueEngineOptions {
  /**
   * Schema of our tables; pg-boss's own are in one of the same name with `_pgboss` behind it. Letters, digits and
   * underscores. Engines with different schemas know nothing of each other. @default "batchwise"
   */
  readonly schema?: string;
  /**
   * Milliseconds to go on trying while the database cannot be reached, at the start and later, before what waits for
   * it fails with a QueueDatabaseError. @default 60_000
   */
  readonly reconnectMs?: number;
}

/** How an engine gets at its database. */
export interface Opening {
  readonly backend: "postgres" | "pglite";
  open(): Promise<Database>;
  /** Runs once the tables are there, before anything else. */
  prepare?(session: Session): Promise<void>;
  /** Runs after everything is closed. */
  release?(): Promise<void>;
}

/** An open engine. */
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
/** How often lost workers are looked for, in seconds. */
const SUPERVISE_SECONDS = 1;
/** How long pg-boss keeps a finished job, and how often it looks, in seconds. The outcomes are in our own tables. */
const MAINTAIN_SECONDS = 60;

/**
 * Where chunks wait for workers: `pgliteEngine` within this process, `postgresEngine` for many. Opens when it is first
 * used. Close it when the work is done: an open engine keeps the process alive.
 */
export class QueueEngine {
  readonly #opening: Opening;
  readonly #schema: string;
  readonly #reconnectMs: number;
  #session: Promise<Session> | undefined;
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  /** @throws ArgumentError for a schema that needs quotes, or a time that is none. */
  constructor(opening: Opening, { schema = "batchwise", reconnectMs = 60_000 }: QueueEngineOptions) {
    if (typeof schema !== "string" || !NAME.test(schema)) {
      throw new ArgumentError(
        "schema: expected lower-case letters, digits and underscores, at most 51, and no digit first.",
      );
    }
    if (!(reconnectMs >= 0)) throw new ArgumentError("reconnectMs: expected a number of milliseconds from 0.");
    this.#opening = opening;
    this.#schema = schema;
    this.#reconnectMs = reconnectMs;
  }

  /**
   * Opens the database and makes the tables, where that has not been done.
   *
   * @throws QueueDatabaseError when the database cannot be reached or used.
   */
  async open(): Promise<void> {
    await this.session();
  }

  /** Closes the database. What is still waiting for it fails. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For this package: the open engine. */
  session(): Promise<Session> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    this.#session ??= this.#start().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  /**
   * For this package: does `work`, and again from its start when the connection was lost in it. Whether what was lost
   * had been committed is not known, so `work` must be one that may be done twice.
   *
   * @throws QueueDatabaseError when the database cannot be reached for `reconnectMs`.
   */
  async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.session();
    return this.#persist(() => work(session));
  }

  /** For this package: the same in one transaction. */
  transaction<T>(work: (transaction: Queries, session: Session) => Promise<T>): Promise<T> {
    return this.run((session) => session.database.transaction((transaction) => work(transaction, session)));
  }

  async #start(): Promise<Session> {
    const database = await this.#persist(() => this.#opening.open());
    const bossSchema = `${this.#schema}_pgboss`;
    const boss = new PgBoss({
      db: forBoss(database),
      backend: this.#opening.backend,
      schema: bossSchema,
      schedule: false,
      registerInstance: false,
      monitorVacuum: false,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      maintenanceIntervalSeconds: MAINTAIN_SECONDS,
    });
    // Its maintenance goes on by itself: after an outage as soon as it can.
    boss.on("error", (error) => {
      if (!isOutage(error) && this.#closing === undefined) process.emitWarning(error.message, "BatchwiseWarning");
    });
    const notices = new Notices(database, this.#schema);
    const session: Session = { database, boss, notices, schema: this.#schema, bossSchema };
    try {
      await this.#persist(() => installSchema(database, this.#schema));
      // Where several make its tables at once, all but one may fail the first time.
      await this.#persist(() => boss.start({ attempts: START_ATTEMPTS }));
      await this.#opening.prepare?.(session);
      await notices.open();
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => undefined);
      await database.close().catch(() => undefined);
      await this.#opening.release?.();
      throw error;
    }
    return session;
  }

  #persist<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#closed;
    let lostAt: number | undefined;
    return pRetry(work, {
      retries: Infinity,
      minTimeout: 0,
      shouldRetry: async ({ error, attemptNumber }) => {
        signal.throwIfAborted();
        if (!isOutage(error)) return false;
        lostAt ??= systemClock.now();
        const lostMs = systemClock.now() - lostAt;
        if (lostMs >= this.#reconnectMs) throw unreachable(error, lostMs);
        await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attemptNumber - 1)), systemClock, signal);
        return true;
      },
    });
  }

  async #close(): Promise<void> {
    this.#closed.abort(closed());
    const session = await this.#session?.catch(() => undefined);
    if (session === undefined) return;
    await session.notices.close();
    await session.boss.stop({ graceful: false }).catch(() => undefined);
    await session.database.close();
    await this.#opening.release?.();
  }
}

function closed(): ArgumentError {
  return new ArgumentError("The queue's engine is closed. Close it after the last batch, or make a new one.");
}

function unreachable(error: unknown, lostMs: number): QueueDatabaseError {
  const { code } = error as { readonly code?: unknown };
  return new QueueDatabaseError(
    `The queue's database has not been reachable for ${Math.round(lostMs / 1000)} s ` +
      `(${typeof code === "string" ? code : "the connection ended"}). Check that it runs and takes connections, or ` +
      "raise reconnectMs. What had been handed in is kept there.",
  );
}
