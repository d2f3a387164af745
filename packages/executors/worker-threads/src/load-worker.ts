import { isRunnable, type Runnable } from "@batchwise/core";
import { isWorkerDefinition, type WorkerFunction } from "./define-worker.ts";
import { WorkerLoadError } from "./errors.ts";

/** Body of a worker module, by its kind. */
export type LoadedWorker =
  | { readonly kind: "function"; readonly run: WorkerFunction<unknown, unknown> }
  | { readonly kind: "runnable"; readonly runnable: Runnable<unknown, unknown> };

/**
 * Imports the module and runs its setup, where it has one.
 *
 * @throws WorkerLoadError when the import or the setup fails, or when the default export cannot be a worker.
 */
export async function loadWorker(module: string, data: unknown): Promise<LoadedWorker> {
  // A data: URL holds the whole source.
  const name = module.startsWith("data:") ? "the worker module (a data: URL)" : `the worker module ${module}`;
  const { default: exported } = await importModule(module, name);
  if (!isWorkerDefinition(exported)) return workerOf(exported, `the default export of ${name}`);
  let body: unknown;
  try {
    body = await exported.setup(data);
  } catch (error) {
    throw new WorkerLoadError(`Expected ${name} to set up, got an error, in \`cause\`.`, { cause: error });
  }
  return workerOf(body, `the result of the setup of ${name}`);
}

async function importModule(module: string, name: string): Promise<{ default?: unknown }> {
  try {
    return (await import(module)) as { default?: unknown };
  } catch (error) {
    throw new WorkerLoadError(
      `Expected ${name} to be importable, got an error, in \`cause\`. Try it without threads: import it directly.`,
      { cause: error },
    );
  }
}

function workerOf(body: unknown, source: string): LoadedWorker {
  if (typeof body === "function") return { kind: "function", run: body as WorkerFunction<unknown, unknown> };
  if (isRunnable(body)) return { kind: "runnable", runnable: body };
  throw new WorkerLoadError(
    `Expected ${source} to be a function (input, options) => output, or a Runnable, got ` +
      `${body === null ? "null" : `a value of type ${typeof body}`}. A module may also default-export what ` +
      "defineWorker() returns.",
  );
}
