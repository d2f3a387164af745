import { forBoss, type Queries } from "../engine/database.ts";
import type { Session } from "../engine/queue-engine.ts";
import type { EncodedResult } from "../wire/result.ts";

/**
 * Notes that a batch is wanted, and returns the queue that it belongs to. Batches that nobody has come back for in time
 * are deleted.
 */
export async function register(
  batch: string,
  queue: string,
  keepForMs: number,
  transaction: Queries,
  schema: string,
): Promise<string | undefined> {
  await forget("seen_at < now() - keep_ms * interval '1 ms' AND id <> $1", batch, transaction, schema);
  const [row] = await transaction.query<{ queue: string }>(
    `INSERT INTO ${schema}.batches AS b (id, queue, keep_ms) VALUES ($1, $2, $3)
      ON CONFLICT (id) DO UPDATE SET seen_at = now() RETURNING b.queue`,
    [batch, queue, keepForMs],
  );
  return row?.queue;
}

/**
 * Deletes batches, with their chunks and results.
 *
 * @param which a condition in which `$1` is `batch`
 */
export async function forget(which: string, batch: string, transaction: Queries, schema: string): Promise<void> {
  const gone = await transaction.query<{ id: string }>(`DELETE FROM ${schema}.batches WHERE ${which} RETURNING id`, [
    batch,
  ]);
  if (gone.length === 0) return;
  // A statement of its own: it sees what was written while the first one waited for a worker to be done with a chunk.
  await transaction.query(`DELETE FROM ${schema}.results WHERE batch_id = ANY($1::text[])`, [gone.map(({ id }) => id)]);
}

/** A chunk that has been worked on. */
export interface Arrival {
  readonly chunk: string;
  /** A ChunkReport, as JSON. */
  readonly report: string;
  /** One for each of its inputs, in order. */
  readonly results: EncodedResult[];
}

/** Those of the chunks that are done. */
export async function collect(chunks: readonly string[], { database, schema }: Session): Promise<Arrival[]> {
  const rows = await database.query<EncodedResult & { chunk: string; report: string }>(
    `SELECT c.id AS chunk, c.report, r.output, r.failure
      FROM ${schema}.chunks c
      CROSS JOIN unnest(c.indexes) WITH ORDINALITY AS place (index, at)
      JOIN ${schema}.results r ON r.batch_id = c.batch_id AND r.index = place.index
      WHERE c.id = ANY($1::uuid[]) AND c.report IS NOT NULL
      ORDER BY c.id, place.at`,
    [chunks],
  );
  const arrivals = new Map<string, Arrival>();
  for (const { chunk, report, output, failure } of rows) {
    const arrival = arrivals.get(chunk) ?? { chunk, report, results: [] };
    arrival.results.push({ output, failure });
    arrivals.set(chunk, arrival);
  }
  return [...arrivals.values()];
}

/** Deletes chunks and their results, and takes off the queue what has not been worked on. */
export async function discard(
  chunks: readonly string[],
  queue: string,
  transaction: Queries,
  { boss, schema }: Session,
): Promise<void> {
  const jobs = await transaction.query<{ job_id: string }>(
    `WITH gone AS (
      DELETE FROM ${schema}.chunks WHERE id = ANY($1::uuid[]) RETURNING batch_id, job_id, indexes, report
    ), cleared AS (
      DELETE FROM ${schema}.results r USING (SELECT batch_id, unnest(indexes) AS index FROM gone) g
        WHERE r.batch_id = g.batch_id AND r.index = g.index
    )
    SELECT job_id FROM gone WHERE report IS NULL`,
    [chunks],
  );
  const unwanted = jobs.map(({ job_id }) => job_id);
  if (unwanted.length > 0) await boss.cancel(queue, unwanted, { db: forBoss(transaction) });
}
