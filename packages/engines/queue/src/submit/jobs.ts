import { randomUUID } from "node:crypto";
import type { Queries } from "../engine/database.ts";
import { forBoss } from "../engine/database.ts";
import type { Session } from "../engine/queue-engine.ts";

/** What a job says: which chunk is to be worked on. The inputs are in the chunk's row. */
export interface JobData {
  readonly batch: string;
  readonly key: string;
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
  chunks: readonly { readonly key: string; readonly job_id: string }[],
  batch: string,
  { queue, attempts, heartbeatSeconds }: JobTerms,
  transaction: Queries,
  { boss, notices }: Session,
): Promise<void> {
  if (chunks.length === 0) return;
  const jobs = chunks.map(({ key, job_id }) => ({
    id: job_id,
    data: { batch, key, attempts } satisfies JobData,
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
 * New jobs for chunks that have no outcome, and no job any more that could bring one: it was cancelled or deleted
 * there, by hand or after its retention.
 */
export async function reviveChunks(
  keys: readonly string[],
  batch: string,
  terms: JobTerms,
  transaction: Queries,
  session: Session,
): Promise<void> {
  const { schema, bossSchema } = session;
  const dead = await transaction.query<{ key: string }>(
    `SELECT c.key FROM ${schema}.chunks c
      WHERE c.batch_id = $1 AND c.key = ANY($2::text[]) AND c.outcome IS NULL AND NOT EXISTS (
        SELECT 1 FROM ${bossSchema}.job j
        WHERE j.name = $3 AND j.id = c.job_id AND j.state IN ('created', 'retry', 'active')
      )
      FOR UPDATE OF c`,
    [batch, keys, terms.queue],
  );
  const chunks = dead.map(({ key }) => ({ key, job_id: randomUUID() }));
  for (const { key, job_id } of chunks) {
    await transaction.query(`UPDATE ${schema}.chunks SET job_id = $3 WHERE batch_id = $1 AND key = $2`, [
      batch,
      key,
      job_id,
    ]);
  }
  await insertJobs(chunks, batch, terms, transaction, session);
}
