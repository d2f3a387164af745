import { forBoss, type Queries } from "../backend/database.ts";
import type { Session } from "../backend/queue-backend.ts";
import { RETRY_LIMIT } from "../submit/jobs.ts";
import { affected, type Delivery } from "./lease.ts";

/** Returns a delivery for another worker, not before a time. Returns false where the delivery was lost. */
export async function leaveJob(
  queue: string,
  delivery: Delivery,
  delayMs: number,
  transaction: Queries,
  { boss, bossSchema }: Pick<Session, "boss" | "bossSchema">,
): Promise<boolean> {
  const at = "WHERE name = $1 AND id = $2";
  // One that another program has put there may have few tries.
  const raise = `UPDATE ${bossSchema}.job SET retry_limit = greatest(retry_limit, ${RETRY_LIMIT}) ${at}`;
  await transaction.query(raise, [queue, delivery.id]);
  if (affected(await boss.fail(queue, delivery, null, { db: forBoss(transaction) })) === 0) return false;
  const delay = `UPDATE ${bossSchema}.job SET start_after = now() + $3 * interval '1 ms' ${at}`;
  await transaction.query(delay, [queue, delivery.id, delayMs]);
  return true;
}
