import { BatchwiseError } from "@batchwise/core";
import { count, counted, duration, wholeNumber } from "@batchwise/terminal";
import { Command, CommanderError } from "commander";
import { outageText } from "./backend/outage-text.ts";
import { pgliteBackend } from "./backend/pglite-backend.ts";
import type { Outage } from "./backend/outage-watch.ts";
import { postgresBackend } from "./backend/postgres-backend.ts";
import { loadRunnables } from "./load-runnables.ts";
import { createWorker } from "./worker/create-worker.ts";
import type { ChunkEvent } from "./worker/consumer.ts";

/** Streams and signals of the command line. */
export interface Environment {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Aborted at the first Ctrl-C: chunks in progress are finished. */
  readonly drain: AbortSignal;
  /** Aborted at the second: they are returned at once. */
  readonly stop: AbortSignal;
}

interface Flags {
  readonly dir?: string;
  readonly schema?: string;
  readonly concurrency?: number;
  readonly quiet?: boolean;
}

const EXAMPLES = `
The module exports Runnables by the names that the submitters use:
  export const embed = new OpenAIEmbeddings({ model: "text-embedding-3-small" });
  export const version = "2"; // optional: only chunks of this version are taken

Ctrl-C finishes the chunks in progress; a second one returns them at once.

Examples:
  DATABASE_URL=postgres://user:password@host/database batchwise-worker ./worker.js
  batchwise-worker ./worker.js --concurrency 4
`;

/** Runs until it is stopped, and resolves to the exit code: 0, or 1 after an error. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<number> {
  const { out, error } = environment;
  const command = new Command("batchwise-worker")
    .description("Works on the chunks that distribute() puts on the queue in DATABASE_URL, or in a folder.")
    .argument("<module>", "module that exports the Runnables")
    .option("--dir <folder>", "use the embedded database in this folder instead of DATABASE_URL")
    .option("--schema <name>", 'schema of the tables (default: "batchwise")')
    .option("--concurrency <n>", "chunks of each Runnable at once (default: 1)", wholeNumber(1))
    .option("--quiet", "no line for each chunk")
    .helpOption("-h, --help", "show this")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: error })
    .action((module: string, flags: Flags) => run(module, flags, environment));
  try {
    await command.parseAsync(argv, { from: "user" });
    return 0;
  } catch (failure) {
    // Commander has reported the error, or shown the help.
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 1;
    error(`error: ${describe(failure)}\n`);
    return 1;
  }
}

async function run(module: string, flags: Flags, { out, error, drain, stop }: Environment): Promise<void> {
  const { dir, schema, concurrency, quiet = false } = flags;
  const { runnables, version } = await loadRunnables(module);
  let isAway = false;
  const onOutage = (outage: Outage): void => {
    isAway = outage.status !== "back";
    error(outageText(outage));
  };
  const where = { onOutage, ...(schema === undefined ? {} : { schema }) };
  await using backend = dir === undefined ? postgresBackend(where) : pgliteBackend({ dir, ...where });
  let isOpen = false;
  whenAborted(drain, () => void (isOpen || backend.close()));
  try {
    await backend.open();
  } catch (failure) {
    if (drain.aborted) return;
    throw failure;
  }
  isOpen = true;
  const worker = createWorker({
    backend,
    runnables,
    ...(version === undefined ? {} : { version }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(quiet ? {} : { onChunk: (event) => out(lineOf(event)) }),
    onError: (failure, name) => error(`${name}: ${failure.name}: ${failure.message}\n`),
  });
  whenAborted(drain, () => {
    out("Finishing the chunks in progress. Ctrl-C again returns them at once.\n");
    void worker.drain().catch(ignore);
  });
  whenAborted(stop, () => {
    void worker.stop().catch(ignore);
    // Nothing can be returned: the chunks go to other workers when this one's heartbeats are missed.
    if (isAway) void backend.close();
  });
  out(`Working on ${Object.keys(runnables).join(", ")}. Ctrl-C finishes the chunks in progress and ends.\n`);
  await worker.ended;
}

function lineOf({ name, inputs, failed, durationMs, status, delivery }: ChunkEvent): string {
  const again = delivery > 1 ? `, delivery ${delivery}` : "";
  return `${name}: ${counted(inputs, "input")}, ${count(failed)} failed, ${duration(durationMs)}, ${status}${again}\n`;
}

function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener("abort", then, { once: true });
}

function describe(failure: unknown): string {
  if (BatchwiseError.isInstance(failure)) return failure.message;
  // A database's message may hold data that was sent to it.
  const { name, code } = failure as Error & { readonly code?: unknown };
  return `${name}${typeof code === "string" ? ` (${code})` : ""}`;
}

function ignore(): void {}
