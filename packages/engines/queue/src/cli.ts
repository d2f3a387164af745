import { BatchwiseError } from "@batchwise/core";
import { count, counted, duration, wholeNumber } from "@batchwise/terminal";
import { Command, CommanderError } from "commander";
import { pgliteEngine } from "./engine/pglite-engine.ts";
import { postgresEngine } from "./engine/postgres-engine.ts";
import { loadRunnables } from "./load-runnables.ts";
import { createWorker } from "./worker/create-worker.ts";
import type { ChunkEvent } from "./worker/lane.ts";

/** What the command line needs of its surroundings. */
export interface Surroundings {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Aborted at the first Ctrl-C: chunks under way are finished. */
  readonly drain: AbortSignal;
  /** Aborted at the second: they are given back at once. */
  readonly stop: AbortSignal;
}

interface Flags {
  readonly dir?: string;
  readonly schema?: string;
  readonly concurrency?: number;
  readonly quiet?: boolean;
}

const EXAMPLES = `
The module exports Runnables, by the names that the submitters use:
  export const embed = new OpenAIEmbeddings({ model: "text-embedding-3-small" });
  export const version = "2"; // optional: only chunks of this version are taken

Ctrl-C finishes the chunks under way; a second one gives them back at once.

Examples:
  DATABASE_URL=postgres://user:password@host/database batchwise-worker ./worker.js
  batchwise-worker ./worker.js --concurrency 4
`;

/** Runs until it is stopped, and resolves to the exit code: 0, or 1 after an error. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, error } = surroundings;
  const command = new Command("batchwise-worker")
    .description("Works on the chunks that distribute() puts on the queue in DATABASE_URL, or in a folder.")
    .argument("<module>", "module that exports the Runnables")
    .option("--dir <folder>", "the embedded database in this folder, in place of DATABASE_URL")
    .option("--schema <name>", 'schema of the tables (default: "batchwise")')
    .option("--concurrency <n>", "chunks of each Runnable at once (default: 1)", wholeNumber(1))
    .option("--quiet", "no line for each chunk")
    .helpOption("-h, --help", "show this")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: error })
    .action((module: string, flags: Flags) => run(module, flags, surroundings));
  try {
    await command.parseAsync(argv, { from: "user" });
    return 0;
  } catch (failure) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 1;
    error(`error: ${describe(failure)}\n`);
    return 1;
  }
}

async function run(module: string, flags: Flags, { out, error, drain, stop }: Surroundings): Promise<void> {
  const { dir, schema, concurrency, quiet = false } = flags;
  const { runnables, version } = await loadRunnables(module);
  const where = schema === undefined ? {} : { schema };
  await using engine = dir === undefined ? postgresEngine(where) : pgliteEngine({ dir, ...where });
  const worker = createWorker({
    engine,
    runnables,
    ...(version === undefined ? {} : { version }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(quiet ? {} : { onChunk: (event) => out(lineOf(event)) }),
    onError: (failure, name) => error(`${name}: ${failure.name}: ${failure.message}\n`),
  });
  whenAborted(drain, () => {
    out("Finishing what is under way. Ctrl-C again gives it back at once.\n");
    void worker.drain().catch(ignore);
  });
  whenAborted(stop, () => void worker.stop().catch(ignore));
  out(`Working on ${Object.keys(runnables).join(", ")}. Ctrl-C finishes what is under way and ends.\n`);
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
  // A database's own message may hold what was sent to it.
  const { name, code } = failure as Error & { readonly code?: unknown };
  return `${name}${typeof code === "string" ? ` (${code})` : ""}`;
}

function ignore(): void {}
