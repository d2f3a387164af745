import { randomUUID } from "node:crypto";
import type { Queries } from "../engine/database.ts";
import type { Session } from "../engine/queue-engine.ts";
import { joinParts } from "../wire/parts.ts";
import { type EncodedResult, mayGoWell } from "../wire/result.ts";
import { insertJobs, type JobTerms, reviveChunks } from "./jobs.ts";
import type { Delivery, Letter, Route } from "./letter.ts";

/**
 * Puts these letters on the queue, as a chunk each, but for the inputs of a kept batch that have their results or are
 * on their way. May be done twice: a chunk is there once.
 */
export async function post(
  letters: readonly Letter[],
  batch: string,
  terms: JobTerms,
  transaction: Queries,
  session: Session,
): Promise<Route[]> {
  const names = letters.flatMap((letter) => letter.names ?? []);
  const shelf = names.length === 0 ? EMPTY : await lookUp(names, batch, transaction, session);
  const plans = letters.map((letter) => planOf(letter, shelf));
  await insertChunks(plans, batch, terms, transaction, session);
  await reviveChunks(
    [...new Set([...shelf.coming.values()].map(({ chunk }) => chunk))],
    batch,
    terms,
    transaction,
    session,
  );
  return plans.map(({ route }) => route);
}

/** What a kept batch has of some names. */
interface Shelf {
  readonly done: ReadonlyMap<string, EncodedResult & { readonly index: number }>;
  readonly coming: ReadonlyMap<string, { readonly chunk: string; readonly at: number }>;
}

const EMPTY: Shelf = { done: new Map(), coming: new Map() };

async function lookUp(
  names: readonly string[],
  batch: string,
  transaction: Queries,
  { schema }: Session,
): Promise<Shelf> {
  // Another submitter of the same batch waits here, so that the same input is not sent by both.
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
  readonly route: Route;
  /** Places in the letter that are to be sent, and the index of those that had one. */
  readonly sent: readonly { readonly place: number; readonly index: number | undefined }[];
}

function planOf(letter: Letter, { done, coming }: Shelf): Plan {
  const known: [number, EncodedResult][] = [];
  const sent: Plan["sent"][number][] = [];
  const awaited = new Map<string, Delivery[]>();
  const wait = (chunk: string, delivery: Delivery): void => {
    awaited.set(chunk, [...(awaited.get(chunk) ?? []), delivery]);
  };
  for (const place of letter.inputs.keys()) {
    const name = letter.names?.[place] ?? "";
    const chunk = coming.get(name);
    const result = done.get(name);
    if (chunk !== undefined) wait(chunk.chunk, { at: chunk.at, place });
    else if (result !== undefined && !mayGoWell(result)) known.push([place, result]);
    else sent.push({ place, index: result?.index });
  }
  if (sent.length > 0)
    awaited.set(
      letter.id,
      sent.map(({ place }, at) => ({ at, place })),
    );
  return { route: { letter, known, awaited }, sent };
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
  const jobs = new Map(unsent.map(({ route }) => [route.letter.id, randomUUID()]));
  const values = unsent.flatMap(({ route: { letter }, sent }) => {
    const { bytes, sizes } = joinParts(sent.map(({ place }) => letter.inputs[place]!));
    return [
      letter.id,
      jobs.get(letter.id),
      sent.map(({ index }) => index ?? next++),
      letter.names === undefined ? null : sent.map(({ place }) => letter.names![place]),
      bytes,
      sizes,
      letter.options,
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
