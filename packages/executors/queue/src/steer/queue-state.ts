import type { QueueBackend } from "../backend/queue-backend.ts";
import { forget } from "../submit/tables.ts";

/** Batch in the database. */
export interface BatchState {
  readonly id: string;
  readonly queue: string;
  readonly inputs: number;
  readonly done: number;
  /** Inputs, of those that are done, with an error. */
  readonly failed: number;
  /** Chunks that wait for a worker, and that are with one. */
  readonly waiting: number;
  readonly running: number;
  /** Milliseconds since its submitter was last active. */
  readonly seenMs: number;
}

/** Failures of one kind in one batch. */
export interface FailureGroup {
  readonly batch: string;
  readonly code: string;
  readonly status: string | null;
  readonly count: number;
  readonly message: string | null;
}

/** All batches, those that were active last first. */
export function batchesOf(backend: QueueBackend): Promise<BatchState[]> {
  return backend.run(({ database, schema, bossSchema }) =>
    database.query<BatchState>(
      `SELECT b.id, b.queue, b.next_index AS inputs, r.done, r.failed, c.open - c.running AS waiting, c.running,
          (extract(epoch FROM now() - b.seen_at) * 1000)::float8 AS "seenMs"
        FROM ${schema}.batches b
        CROSS JOIN LATERAL (
          SELECT count(*)::int AS done, count(failure)::int AS failed FROM ${schema}.results WHERE batch_id = b.id
        ) r
        CROSS JOIN LATERAL (
          SELECT count(*)::int AS open, count(j.id)::int AS running FROM ${schema}.chunks
            LEFT JOIN ${bossSchema}.job j ON j.id = job_id AND j.name = b.queue AND j.state = 'active'
            WHERE batch_id = b.id AND report IS NULL
        ) c
        ORDER BY b.seen_at DESC`,
    ),
  );
}

/** Workers that are alive, by the queue that they take from. */
export function workersOf(backend: QueueBackend): Promise<{ readonly queue: string; readonly workers: number }[]> {
  return backend.run(({ database, schema }) =>
    database.query(
      `SELECT name || '/' || version AS queue, count(*)::int AS workers FROM ${schema}.workers
        WHERE seen_at > now() - interval '60 s' GROUP BY 1 ORDER BY 1`,
    ),
  );
}

/** Failures of one batch or of all, by their kind; the most frequent ones first. */
export function failuresOf(backend: QueueBackend, batch: string | undefined): Promise<FailureGroup[]> {
  return backend.run(({ database, schema }) =>
    database.query<FailureGroup>(
      `SELECT batch_id AS batch, failure::json->>'code' AS code, failure::json->>'status' AS status,
          count(*)::int AS count, min(failure::json->>'message') AS message
        FROM ${schema}.results WHERE failure IS NOT NULL AND ($1::text IS NULL OR batch_id = $1)
        GROUP BY 1, 2, 3 ORDER BY count DESC, 1, 2`,
      [batch ?? null],
    ),
  );
}

/** Deletes failures of a batch, so that its next submitter sends their inputs again. Returns how many there were. */
export async function retryFailed(backend: QueueBackend, batch: string): Promise<number> {
  const gone = await backend.run(({ database, schema }) =>
    database.query(`DELETE FROM ${schema}.results WHERE batch_id = $1 AND failure IS NOT NULL RETURNING 1`, [batch]),
  );
  return gone.length;
}

/** Deletes a batch, with its chunks and results. Workers leave what they have of it. */
export function purgeBatch(backend: QueueBackend, batch: string): Promise<void> {
  return backend.transaction((transaction, { schema }) => forget("id = $1", batch, transaction, schema));
}
