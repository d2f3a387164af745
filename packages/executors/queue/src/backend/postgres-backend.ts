import { ArgumentError } from "@batchwise/core";
import { optionError, requireOptions } from "../option-error.ts";
import { PostgresDatabase } from "./postgres-database.ts";
import { BACKEND_OPTIONS, QueueBackend, type QueueBackendOptions } from "./queue-backend.ts";

/** Options of `postgresBackend`. */
export interface PostgresBackendOptions extends QueueBackendOptions {
  /** URL of the database. @default the environment's DATABASE_URL */
  readonly url?: string;
  /** Most connections, besides one that listens. A whole number from 1. @default 5 */
  readonly connections?: number;
}

/**
 * Makes a queue on a PostgreSQL server (14 or newer): submitters and workers may be on any machine that reaches it.
 *
 * @throws ArgumentError when there is no URL, or an option has a wrong value.
 *
 * @example
 * await using backend = postgresBackend({ url: "postgres://user:password@host/database" });
 */
export function postgresBackend(options: PostgresBackendOptions = {}): QueueBackend {
  requireOptions("postgresBackend", options, ["url", "connections", ...BACKEND_OPTIONS]);
  const { url = process.env["DATABASE_URL"], connections = 5, ...rest } = options;
  if (typeof url !== "string" || !URL.canParse(url)) {
    throw new ArgumentError(
      "Expected `url`, or DATABASE_URL in the environment, to be a URL such as postgres://user:password@host/database, " +
        `got ${url === undefined ? "none" : "another value"}.`,
    );
  }
  if (!Number.isSafeInteger(connections) || connections < 1) {
    throw optionError("connections", "a whole number from 1", connections);
  }
  return new QueueBackend(
    { kind: "postgres", open: () => Promise.resolve(new PostgresDatabase(url, connections)) },
    rest,
  );
}
