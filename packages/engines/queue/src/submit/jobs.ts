import { randomUUID } from "node:crypto";
import type { Queries } from "../engine/database.ts";
import { forBoss } from "../engine/database.ts";
import type { Session } from "../engine/queue-engine.ts";

/** What a job says: which chunk is to be worked on. The inputs are in the chunk's row. */
export interface JobData {
  readonly batch: string;
  readonly chunk: string;
  /** Deliveries of the chunk in all. */
  readonly attempts: number;
}

/** How a chunk's job is to be treated. */
export interface JobTerms {
  readonly queue: string;
  readonly attempts: number;
  readonly heartbeatSeconds: number;
}

/** pg-boss counts deliveries its own way: an orderly return counts as well. Ours are in the chunk's row. */
const RETRY_LIMIT = 1_000_000;
/** The heartbeat alone says whether a worker is alive. */
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
 * New jobs for chunks that are not done, and have no job any more that could bring that about: it was cancelled or
 * deleted there, by hand or after its retention.
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
