import { isRunnable, type Runnable } from "@batchwise/core";
import { isWorkerDefinition, type WorkerFunction } from "./define-worker.ts";
import { WorkerLoadError } from "./errors.ts";

/** A worker module's body, told apart. */
export type LoadedWorker =
  | { readonly kind: "function"; readonly run: WorkerFunction<unknown, unknown> }
  | { readonly kind: "runnable"; readonly runnable: Runnable<unknown, unknown> };

/**
 * Imports the module and runs its setup, where it has one.
 *
 * @throws WorkerLoadError when the import or the setup fails, or when the default export is none that a worker can be.
 */
export async function loadWorker(module: string, data: unknown): Promise<LoadedWorker> {
  // A data: URL holds the whole source.
  const name = module.startsWith("data:") ? "The worker module (a data: URL)" : `The worker module ${module}`;
  const { default: exported } = await importModule(module, name);
  if (!isWorkerDefinition(exported)) return told(exported, `${name} default-exports`);
  let body: unknown;
  try {
    body = await exported.setup(data);
  } catch (error) {
    throw new WorkerLoadError(`${name} could not be set up; what its setup threw is in \`cause\`.`, { cause: error });
  }
  return told(body, `The setup of ${name.replace("The", "the")} returned`);
}

async function importModule(module: string, name: string): Promise<{ default?: unknown }> {
  try {
    return (await import(module)) as { default?: unknown };
  } catch (error) {
    throw new WorkerLoadError(
      `${name} could not be imported; what the import threw is in \`cause\`. Try it without threads: import it directly.`,
      { cause: error },
    );
  }
}

function told(body: unknown, beginning: string): LoadedWorker {
  if (typeof body === "function") return { kind: "function", run: body as WorkerFunction<unknown, unknown> };
  if (isRunnable(body)) return { kind: "runnable", runnable: body };
  throw new WorkerLoadError(
    `${beginning} ${body === null ? "null" : `a value of type ${typeof body}`}. ` +
      "Expected a function (input, options) => output, or a Runnable; a module may also default-export what " +
      "defineWorker() returns.",
  );
}
