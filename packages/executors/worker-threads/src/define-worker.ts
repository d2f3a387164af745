import type { CallOptions, Runnable } from "@batchwise/core";

/** Function that a worker runs for one input. An Error that is thrown or returned fails this input alone. */
export type WorkerFunction<Input, Output> = (input: Input, options: CallOptions) => Output | Promise<Output>;

/** Body of a worker: a function, or a Runnable with its own bulk path. */
export type WorkerBody<Input, Output> = WorkerFunction<Input, Output> | Runnable<Input, Output>;

const MARKER = Symbol.for("batchwise.worker");

/** Definition that `defineWorker` returns, for a worker module's default export. */
export interface WorkerDefinition<Input, Output> {
  readonly setup: (workerData: any) => WorkerBody<Input, Output> | Promise<WorkerBody<Input, Output>>;
}

/**
 * Defines a worker that prepares something first: loads a model, opens a file, builds a table.
 *
 * @param setup runs once in each thread, before its first input, with the pool's `workerData`. May be asynchronous.
 *   Where it fails, the items that waited for it fail with a WorkerLoadError, and the next call tries it again.
 *
 * @example
 * export default defineWorker(async ({ path }: { path: string }) => {
 *   const words = new Set((await readFile(path, "utf8")).split("\n"));
 *   return (word: string) => words.has(word);
 * });
 */
export function defineWorker<Input, Output>(
  setup: WorkerDefinition<Input, Output>["setup"],
): WorkerDefinition<Input, Output> {
  const definition = { setup };
  Object.defineProperty(definition, MARKER, { value: true });
  return definition;
}

/** Tells whether `value` is from `defineWorker`, of this copy of the package or another. */
export function isWorkerDefinition(value: unknown): value is WorkerDefinition<unknown, unknown> {
  return typeof value === "object" && value !== null && MARKER in value;
}
