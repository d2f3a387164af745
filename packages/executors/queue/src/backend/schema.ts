import { QueueDatabaseError } from "../errors.ts";
import { LIMITER_FUNCTION } from "../limits/take-sql.ts";
import type { Database, Queries } from "./database.ts";

/**
 * Makes our tables, or migrates them. Several processes may do it at once.
 *
 * @throws QueueDatabaseError when a newer version of this package has made them.
 */
export async function installSchema(
  database: Database,
  schema: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const found = await versionOf(database, schema);
  if (found === migrations.length) return;
  await database.transaction(async (transaction) => {
    await transaction.query("SELECT pg_advisory_xact_lock(hashtext($1))", [`batchwise ${schema}`]);
    const version = await versionOf(transaction, schema);
    if (version > migrations.length) {
      throw new QueueDatabaseError(
        `Expected tables of version ${migrations.length} or older in schema "${schema}", got version ${version}. ` +
          "Update @batchwise/queue here as well, or use another schema.",
      );
    }
    if (version === migrations.length) return;
    for (const migration of migrations.slice(version)) await transaction.query(migration(schema));
    await transaction.query(`UPDATE ${schema}.version SET version = ${migrations.length}`);
  });
}

async function versionOf(queries: Queries, schema: string): Promise<number> {
  // By a query: to_regclass may answer from what the connection knew before it waited for the lock.
  const [table] = await queries.query<{ found: boolean }>(
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'version') AS found",
    [schema],
  );
  if (table?.found !== true) return 0;
  const [row] = await queries.query<{ version: number }>(`SELECT version FROM ${schema}.version`);
  return row?.version ?? 0;
}

/** Statements that bring the tables from one version to the next. */
export type Migration = (schema: string) => string;

/** Migrations in order. Never change a published one: add another. */
export const MIGRATIONS: readonly Migration[] = [
  (schema) => `
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE TABLE ${schema}.version (version int NOT NULL);
    INSERT INTO ${schema}.version VALUES (0);

    CREATE TABLE ${schema}.batches (
      id text PRIMARY KEY,
      queue text NOT NULL,
      -- Where the next input that is new goes.
      next_index int NOT NULL DEFAULT 0,
      seen_at timestamptz NOT NULL DEFAULT now(),
      keep_ms float8 NOT NULL
    );
    -- What a worker takes at a time. The inputs go when they have been worked on.
    CREATE TABLE ${schema}.chunks (
      id uuid PRIMARY KEY,
      batch_id text NOT NULL REFERENCES ${schema}.batches ON DELETE CASCADE,
      job_id uuid NOT NULL,
      indexes int[] NOT NULL,
      -- By content, where the batch is kept.
      names text[],
      inputs bytea,
      sizes int[],
      options text NOT NULL,
      deliveries int NOT NULL DEFAULT 0,
      -- There once it is done.
      report text
    );
    CREATE INDEX ON ${schema}.chunks (batch_id) WHERE report IS NULL;
    -- What became of each input: a row is there once, or not yet. No foreign key: it would be checked row by row, and
    -- a chunk has one.
    CREATE TABLE ${schema}.results (
      batch_id text NOT NULL,
      index int NOT NULL,
      name text,
      output bytea,
      failure text,
      PRIMARY KEY (batch_id, index),
      CHECK ((output IS NULL) <> (failure IS NULL))
    );
    CREATE INDEX ON ${schema}.results (batch_id, name) WHERE name IS NOT NULL;
    CREATE TABLE ${schema}.workers (
      id uuid NOT NULL,
      name text NOT NULL,
      version text NOT NULL,
      seen_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (id, name)
    );
    CREATE TABLE ${schema}.limiters (name text PRIMARY KEY, paused_until timestamptz);
    CREATE TABLE ${schema}.limiter_use (
      limiter text NOT NULL,
      slot bigint NOT NULL,
      requests float8 NOT NULL,
      inputs float8 NOT NULL,
      tokens float8 NOT NULL,
      PRIMARY KEY (limiter, slot)
    );
  `,
  // Refusals that no limit explains leave a share of the limits, evenly spaced. Times are milliseconds since 1970.
  (schema) => `
    ALTER TABLE ${schema}.limiters
      ADD share float8 NOT NULL DEFAULT 1,
      ADD refused_ms float8 NOT NULL DEFAULT 0,
      ADD paced_ms float8 NOT NULL DEFAULT 0;
  `,
  // Where a pace does not help, calls go without it.
  (schema) => `
    DROP FUNCTION IF EXISTS ${schema}.take(text, int, float8[], float8[], text, float8);
    DROP FUNCTION IF EXISTS ${schema}.take(text, int, float8[], float8[], text, float8, bigint);
    ${LIMITER_FUNCTION(schema)}
  `,
];
