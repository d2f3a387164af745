import { ArgumentError } from "@batchwise/core";
import { PostgresDatabase } from "./postgres-database.ts";
import { QueueEngine, type QueueEngineOptions } from "./queue-engine.ts";

/** Options of `postgresEngine`. */
export interface PostgresEngineOptions extends QueueEngineOptions {
  /** @default the environment's DATABASE_URL */
  readonly url?: string;
  /** Connections at most, besides one that listens. A whole number from 1. @default 5 */
  readonly connections?: number;
}

/**
 * A queue on a PostgreSQL server (14 or newer): submitters and workers may be on any machine that reaches it.
 *
 * @throws ArgumentError when there is no URL, or an option holds what it cannot.
 *
 * @example
 * await using engine = postgresEngine({ url: "postgres://user:password@host/database" });
 */
export function postgresEngine(options: PostgresEngineOptions = {}): QueueEngine {
  const { url = process.env["DATABASE_URL"], connections = 5, ...rest } = options;
  if (typeof url !== "string" || !URL.canParse(url)) {
    throw new ArgumentError(
      "postgresEngine: expected url, or DATABASE_URL in the environment, such as postgres://user:password@host/database.",
    );
  }
  if (!Number.isSafeInteger(connections) || connections < 1) {
    throw new ArgumentError("connections: expected a whole number from 1.");
  }
  return new QueueEngine(
    { backend: "postgres", open: () => Promise.resolve(new PostgresDatabase(url, connections)) },
    rest,
  );
}
