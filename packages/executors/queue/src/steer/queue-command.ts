import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { ArgumentError, BatchwiseError } from "@batchwise/core";
import { amount, confirm, count, counted, duration, listing } from "@batchwise/terminal";
import { Command, CommanderError } from "commander";
import { outageText } from "../backend/outage-text.ts";
import type { Outage } from "../backend/outage-watch.ts";
import { DATABASE, pgliteBackend } from "../backend/pglite-backend.ts";
import { postgresBackend } from "../backend/postgres-backend.ts";
import type { QueueBackend } from "../backend/queue-backend.ts";
import { type BatchState, batchesOf, failuresOf, purgeBatch, retryFailed, workersOf } from "./queue-state.ts";

/** Streams of the command line. */
export interface QueueStreams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Standard input, for a question on a terminal. @default the process's */
  readonly input?: Readable | undefined;
  /** Width of the terminal. @default 80 */
  readonly columns?: number | undefined;
}

interface Flags {
  readonly dir?: string;
  readonly schema?: string;
  readonly yes?: boolean;
  readonly olderThan?: number;
}

const EXAMPLES = `
The queue is the one in DATABASE_URL, or in the folder of --dir.

Examples:
  batchwise queue status
  batchwise queue failed "report 1"
  batchwise queue retry "report 1"
  batchwise queue purge --older-than 7 --yes
`;
const DAY_MS = 86_400_000;

/**
 * Runs `batchwise queue`: looks at the batches in the database, and steers them.
 *
 * @param argv arguments after `queue`
 * @returns the exit code: 0 success, 2 a wrong command or an error, 130 an answer of no
 */
export async function runQueueCommand(argv: readonly string[], streams: QueueStreams): Promise<number> {
  const { out, error } = streams;
  let exitCode = 0;
  const program = new Command("batchwise queue")
    .description("Shows and steers the batches of distribute() in their database.")
    .addHelpText("after", EXAMPLES)
    .helpOption("-h, --help", "show this")
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: error });
  const add = (name: string, what: string, argument: string | undefined, work: Work): Command => {
    const command = program.command(name).description(what);
    if (argument !== undefined) command.argument(argument, "id of the batch, as `status` shows it");
    return command
      .option("--dir <folder>", "use the embedded database in this folder instead of DATABASE_URL")
      .option("--schema <name>", 'schema of the tables (default: "batchwise")')
      .action(async (...given: unknown[]) => {
        const batch = argument === undefined ? undefined : (given[0] as string | undefined);
        const flags = given[argument === undefined ? 0 : 1] as Flags;
        await using backend = await backendOf(flags, streams);
        exitCode = await work({ backend, batch, flags, streams });
      });
  };
  add("status", "Lists batches, their inputs and their workers.", undefined, status);
  add("failed", "Shows the failures of a batch, or of all, by their kind.", "[batch]", failed);
  add("retry", "Has the failed inputs of a batch sent again when its submitter runs again.", "<batch>", retry).option(
    "--yes",
    "without a question",
  );
  add("purge", "Deletes a batch, with its chunks and results.", "[batch]", purge)
    .option("--older-than <days>", "all batches whose submitters were not active for so long", amount)
    .option("--yes", "without a question");
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (failure) {
    // Commander has reported the error, or shown the help.
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2;
    error(`error: ${BatchwiseError.isInstance(failure) ? failure.message : (failure as Error).name}\n`);
    return 2;
  }
}

interface Call {
  readonly backend: QueueBackend;
  readonly batch: string | undefined;
  readonly flags: Flags;
  readonly streams: QueueStreams;
}

type Work = (call: Call) => Promise<number>;

async function status({ backend, streams: { out, columns } }: Call): Promise<number> {
  const batches = await batchesOf(backend);
  const workers = await workersOf(backend);
  out(batches.length === 0 ? "No batch is in the database.\n" : listing(batches.map(rowOf), columns));
  const alive = workers.map((each) => `${count(each.workers)} of ${each.queue}`);
  out(`\nWorkers: ${alive.length === 0 ? "none" : alive.join(", ")}\n`);
  return 0;
}

function rowOf({
  id,
  queue,
  inputs,
  done,
  failed: wrong,
  waiting,
  running,
  seenMs,
}: BatchState): Record<string, string> {
  return {
    Batch: id,
    Queue: queue,
    Inputs: count(inputs),
    Done: count(done),
    Failed: count(wrong),
    Waiting: count(waiting),
    Running: count(running),
    Seen: `${duration(Math.max(0, seenMs))} ago`,
  };
}

async function failed({ backend, batch, streams: { out, columns } }: Call): Promise<number> {
  if (batch !== undefined) await batchOf(backend, batch);
  const groups = await failuresOf(backend, batch);
  const rows = groups.map((group) => ({
    Batch: group.batch,
    Inputs: count(group.count),
    Code: group.code,
    Status: group.status ?? "",
    Message: group.message ?? "",
  }));
  out(rows.length === 0 ? "No input has failed.\n" : listing(rows, columns));
  return 0;
}

async function retry({ backend, batch = "", flags, streams }: Call): Promise<number> {
  const { failed: wrong } = await batchOf(backend, batch);
  const what = `Deletes ${counted(wrong, "failure")} of batch ${batch}, so that its next run sends these inputs again.`;
  if (wrong > 0 && !(await isWanted(what, flags, streams))) return 130;
  streams.out(
    `${counted(await retryFailed(backend, batch), "input")} will be sent again when the submitter runs again.\n`,
  );
  return 0;
}

async function purge({ backend, batch, flags, streams }: Call): Promise<number> {
  const { olderThan } = flags;
  if ((batch === undefined) === (olderThan === undefined)) {
    throw new ArgumentError("Expected a batch or --older-than, got both or neither. Give one of them.");
  }
  const all = await batchesOf(backend);
  const gone =
    batch === undefined
      ? all.filter(({ seenMs }) => seenMs > (olderThan ?? 0) * DAY_MS)
      : [await batchOf(backend, batch)];
  const done = counted(
    sum(gone, (each) => each.done),
    "result",
  );
  const open = counted(
    sum(gone, ({ waiting, running }) => waiting + running),
    "open chunk",
  );
  const what = `Deletes ${counted(gone.length, "batch", "batches")}, with ${done} and ${open}.`;
  if (gone.length > 0 && !(await isWanted(what, flags, streams))) return 130;
  for (const { id } of gone) await purgeBatch(backend, id);
  streams.out(`${counted(gone.length, "batch", "batches")} deleted.\n`);
  return 0;
}

function sum(batches: readonly BatchState[], of: (batch: BatchState) => number): number {
  return batches.reduce((total, each) => total + of(each), 0);
}

/** @throws ArgumentError where there is no such batch */
async function batchOf(backend: QueueBackend, id: string): Promise<BatchState> {
  const found = (await batchesOf(backend)).find((each) => each.id === id);
  if (found !== undefined) return found;
  throw new ArgumentError(
    "Expected the id of a batch in the database, got another. `batchwise queue status` lists them.",
  );
}

/** @throws ArgumentError without a terminal, unless --yes was given */
async function isWanted(what: string, { yes = false }: Flags, { error, input }: QueueStreams): Promise<boolean> {
  if (yes) return true;
  const output = new Writable({
    write: (chunk: Buffer, _, done) => {
      error(chunk.toString());
      done();
    },
  });
  const answer = await confirm(what, { input, output });
  if (answer === undefined) throw new ArgumentError("Expected --yes, or a terminal to ask, got neither. Give --yes.");
  return answer;
}

/** @throws ArgumentError for a folder without a queue: the backend would make one there */
async function backendOf({ dir, schema }: Flags, { error }: QueueStreams): Promise<QueueBackend> {
  const onOutage = (outage: Outage): void => error(outageText(outage));
  const where = { onOutage, ...(schema === undefined ? {} : { schema }) };
  if (dir === undefined) return postgresBackend(where);
  await stat(join(dir, DATABASE)).catch(() => {
    throw new ArgumentError("Expected --dir to be a folder with a queue, got another. Give the `dir` of its backend.");
  });
  return pgliteBackend({ dir, ...where });
}
