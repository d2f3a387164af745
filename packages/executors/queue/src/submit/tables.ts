import { forBoss, type Queries } from "../backend/database.ts";
import type { Session } from "../backend/queue-backend.ts";
import type { EncodedResult } from "../wire/result.ts";

/**
 * Marks a batch as wanted, and returns the queue that it belongs to. Batches whose submitters have not come back in time
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
 * @param which condition in which `$1` is `batch`
 */
export async function forget(which: string, batch: string, transaction: Queries, schema: string): Promise<void> {
  const gone = await transaction.query<{ id: string }>(`DELETE FROM ${schema}.batches WHERE ${which} RETURNING id`, [
    batch,
  ]);
  if (gone.length === 0) return;
  // A second statement: it sees rows that were written while the first one waited for a worker.
  await transaction.query(`DELETE FROM ${schema}.results WHERE batch_id = ANY($1::text[])`, [gone.map(({ id }) => id)]);
}

/** Chunk that has been worked on. */
export interface DoneChunk {
  readonly chunk: string;
  /** A ChunkReport, as JSON. */
  readonly report: string;
  /** One for each of its inputs, in order. */
  readonly results: EncodedResult[];
}

/** Reads those of the chunks that are done. */
export async function collect(chunks: readonly string[], { database, schema }: Session): Promise<DoneChunk[]> {
  const rows = await database.query<EncodedResult & { chunk: string; report: string }>(
    `SELECT c.id AS chunk, c.report, r.output, r.failure
      FROM ${schema}.chunks c
      CROSS JOIN unnest(c.indexes) WITH ORDINALITY AS place (index, at)
      JOIN ${schema}.results r ON r.batch_id = c.batch_id AND r.index = place.index
      WHERE c.id = ANY($1::uuid[]) AND c.report IS NOT NULL
      ORDER BY c.id, place.at`,
    [chunks],
  );
  const done = new Map<string, DoneChunk>();
  for (const { chunk, report, output, failure } of rows) {
    const each = done.get(chunk) ?? { chunk, report, results: [] };
    each.results.push({ output, failure });
    done.set(chunk, each);
  }
  return [...done.values()];
}

/** Deletes chunks and their results, and takes those that are not done off the queue. */
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
  const canceled = jobs.map(({ job_id }) => job_id);
  if (canceled.length > 0) await boss.cancel(queue, canceled, { db: forBoss(transaction) });
}
