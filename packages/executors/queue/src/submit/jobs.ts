import { randomUUID } from "node:crypto";
import type { Queries } from "../backend/database.ts";
import { forBoss } from "../backend/database.ts";
import type { Session } from "../backend/queue-backend.ts";

/** Data of a job: the chunk to work on. Its inputs are in the chunk's row. */
export interface JobData {
  readonly batch: string;
  readonly chunk: string;
  /** Most deliveries of the chunk. */
  readonly attempts: number;
}

/** Tells whether data is that of a job of ours. Another version, or another program, may have put it there. */
export function isJobData(data: unknown): data is JobData {
  const { batch, chunk, attempts } = (data ?? {}) as Record<string, unknown>;
  return typeof batch === "string" && typeof chunk === "string" && UUID.test(chunk) && typeof attempts === "number";
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Terms of a chunk's job. */
export interface JobTerms {
  readonly queue: string;
  readonly attempts: number;
  readonly heartbeatSeconds: number;
}

/** pg-boss also counts deliveries that were returned in order. Ours are in the chunk's row. */
export const RETRY_LIMIT = 1_000_000;
/** Never in effect: the heartbeat alone decides whether a worker is alive. */
const EXPIRE_SECONDS = 30 * 24 * 60 * 60;
const DELETE_AFTER_SECONDS = 60;

/** Puts a job for each chunk on the queue, in the transaction that wrote the chunks. */
export async function insertJobs(
  chunks: readonly { readonly id: string; readonly jobId: string }[],
  batch: string,
  { queue, attempts, heartbeatSeconds }: JobTerms,
  transaction: Queries,
  { boss, notices }: Session,
): Promise<void> {
  if (chunks.length === 0) return;
  const jobs = chunks.map(({ id, jobId }) => ({
    id: jobId,
    data: { batch, chunk: id, attempts } satisfies JobData,
    heartbeatSeconds,
    retryLimit: RETRY_LIMIT,
    retryDelay: 0,
    expireInSeconds: EXPIRE_SECONDS,
    deleteAfterSeconds: DELETE_AFTER_SECONDS,
  }));
  await boss.insert(queue, jobs, { db: forBoss(transaction) });
  await notices.send(`queue ${queue}`, transaction);
}

/**
 * Makes new jobs for chunks that are not done and whose jobs are gone: canceled or deleted in the database, by hand or
 * after their retention.
 */
export async function reviveChunks(
  ids: readonly string[],
  batch: string,
  terms: JobTerms,
  transaction: Queries,
  session: Session,
): Promise<void> {
  if (ids.length === 0) return;
  const { schema, bossSchema } = session;
  const dead = await transaction.query<{ id: string }>(
    `SELECT c.id FROM ${schema}.chunks c
      WHERE c.id = ANY($1::uuid[]) AND c.report IS NULL AND NOT EXISTS (
        SELECT 1 FROM ${bossSchema}.job j
        WHERE j.name = $2 AND j.id = c.job_id AND j.state IN ('created', 'retry', 'active')
      )
      FOR UPDATE OF c`,
    [ids, terms.queue],
  );
  const chunks = dead.map(({ id }) => ({ id, jobId: randomUUID() }));
  for (const { id, jobId } of chunks) {
    await transaction.query(`UPDATE ${schema}.chunks SET job_id = $2 WHERE id = $1`, [id, jobId]);
  }
  await insertJobs(chunks, batch, terms, transaction, session);
}
