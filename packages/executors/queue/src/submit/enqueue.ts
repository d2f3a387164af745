import { randomUUID } from "node:crypto";
import type { Queries } from "../backend/database.ts";
import type { Session } from "../backend/queue-backend.ts";
import { joinParts } from "../wire/parts.ts";
import { type EncodedResult, isWorthRetrying } from "../wire/result.ts";
import { insertJobs, type JobTerms, reviveChunks } from "./jobs.ts";
import type { AwaitedSlot, Receipt, Submission } from "./submission.ts";

/**
 * Puts submissions on the queue, as a chunk each, without the inputs of a kept batch whose results are known or on their
 * way. May be done twice: a chunk is inserted once.
 */
export async function enqueue(
  submissions: readonly Submission[],
  batch: string,
  terms: JobTerms,
  transaction: Queries,
  session: Session,
): Promise<Receipt[]> {
  const names = submissions.flatMap((submission) => submission.names ?? []);
  const known = names.length === 0 ? NONE : await lookUp(names, batch, transaction, session);
  const plans = submissions.map((submission) => planOf(submission, known));
  await insertChunks(plans, batch, terms, transaction, session);
  const shared = [...new Set([...known.coming.values()].map(({ chunk }) => chunk))];
  await reviveChunks(shared, batch, terms, transaction, session);
  return plans.map(({ receipt }) => receipt);
}

/** Results of a kept batch, by their inputs' names: those that are done, and chunks that will bring others. */
interface KnownResults {
  readonly done: ReadonlyMap<string, EncodedResult & { readonly index: number }>;
  readonly coming: ReadonlyMap<string, { readonly chunk: string; readonly at: number }>;
}

const NONE: KnownResults = { done: new Map(), coming: new Map() };

async function lookUp(
  names: readonly string[],
  batch: string,
  transaction: Queries,
  { schema }: Session,
): Promise<KnownResults> {
  // Another submitter of the same batch waits here, so that only one sends an input.
  await transaction.query(`SELECT 1 FROM ${schema}.batches WHERE id = $1 FOR UPDATE`, [batch]);
  const coming = await transaction.query<{ name: string; chunk: string; at: number }>(
    `SELECT each.name, id AS chunk, each.at::int - 1 AS at
      FROM ${schema}.chunks, unnest(names) WITH ORDINALITY AS each (name, at)
      WHERE batch_id = $1 AND report IS NULL AND names && $2::text[] AND each.name = ANY($2::text[])`,
    [batch, names],
  );
  const done = await transaction.query<EncodedResult & { name: string; index: number }>(
    `SELECT name, index, output, failure FROM ${schema}.results WHERE batch_id = $1 AND name = ANY($2::text[])`,
    [batch, names],
  );
  return {
    coming: new Map(coming.map(({ name, chunk, at }) => [name, { chunk, at }])),
    done: new Map(done.map(({ name, ...result }) => [name, result])),
  };
}

interface Plan {
  readonly receipt: Receipt;
  /** Places in the submission to send, with the index of inputs that had one. */
  readonly sent: readonly { readonly place: number; readonly index: number | undefined }[];
}

function planOf(submission: Submission, { done, coming }: KnownResults): Plan {
  const known: [number, EncodedResult][] = [];
  const sent: Plan["sent"][number][] = [];
  const awaited = new Map<string, AwaitedSlot[]>();
  const wait = (chunk: string, slot: AwaitedSlot): void => {
    awaited.set(chunk, [...(awaited.get(chunk) ?? []), slot]);
  };
  for (const place of submission.inputs.keys()) {
    const name = submission.names?.[place] ?? "";
    const chunk = coming.get(name);
    const result = done.get(name);
    if (chunk !== undefined) wait(chunk.chunk, { at: chunk.at, place });
    else if (result !== undefined && !isWorthRetrying(result)) known.push([place, result]);
    else sent.push({ place, index: result?.index });
  }
  if (sent.length > 0)
    awaited.set(
      submission.id,
      sent.map(({ place }, at) => ({ at, place })),
    );
  return { receipt: { submission, known, awaited }, sent };
}

async function insertChunks(
  plans: readonly Plan[],
  batch: string,
  terms: JobTerms,
  transaction: Queries,
  session: Session,
): Promise<void> {
  const unsent = plans.filter(({ sent }) => sent.length > 0);
  if (unsent.length === 0) return;
  const isNew = unsent.flatMap(({ sent }) => sent).filter(({ index }) => index === undefined);
  const [row] = await transaction.query<{ next_index: number }>(
    `UPDATE ${session.schema}.batches SET next_index = next_index + $2 WHERE id = $1 RETURNING next_index`,
    [batch, isNew.length],
  );
  let next = (row?.next_index ?? 0) - isNew.length;
  const jobs = new Map(unsent.map(({ receipt }) => [receipt.submission.id, randomUUID()]));
  const values = unsent.flatMap(({ receipt: { submission }, sent }) => {
    const { bytes, sizes } = joinParts(sent.map(({ place }) => submission.inputs[place]!));
    return [
      submission.id,
      jobs.get(submission.id),
      sent.map(({ index }) => index ?? next++),
      submission.names === undefined ? null : sent.map(({ place }) => submission.names![place]),
      bytes,
      sizes,
      submission.options,
    ];
  });
  const columns = values.length / unsent.length;
  const rows = unsent.map((_, at) => {
    const numbers = Array.from({ length: columns }, (__, column) => `$${2 + at * columns + column}`);
    return `($1, ${numbers.join(", ")})`;
  });
  const added = await transaction.query<{ id: string }>(
    `INSERT INTO ${session.schema}.chunks (batch_id, id, job_id, indexes, names, inputs, sizes, options)
      VALUES ${rows.join(", ")} ON CONFLICT (id) DO NOTHING RETURNING id`,
    [batch, ...values],
  );
  const chunks = added.map(({ id }) => ({ id, jobId: jobs.get(id)! }));
  await insertJobs(chunks, batch, terms, transaction, session);
}
