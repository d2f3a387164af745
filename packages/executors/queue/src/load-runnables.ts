import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ArgumentError, isRunnable, type Runnable } from "@batchwise/core";

/** Exports of a worker module. */
export interface WorkerModule {
  readonly runnables: Readonly<Record<string, Runnable<unknown, unknown>>>;
  readonly version?: string;
}

/**
 * Loads the Runnables that a module exports, by their names: those of its default export, `{ embed: embeddings }`, and
 * the named ones. An export `version` is their version.
 *
 * @param module a path from the working folder, or the name of a package
 * @throws ArgumentError when it cannot be imported or exports no Runnable. The import's error is in `cause`.
 */
export async function loadRunnables(module: string): Promise<WorkerModule> {
  const isPath = module.startsWith(".") || isAbsolute(module) || /\.[cm]?[jt]s$/.test(module);
  let exported: Record<string, unknown>;
  try {
    exported = (await import(isPath ? pathToFileURL(resolve(module)).href : module)) as Record<string, unknown>;
  } catch (error) {
    throw new ArgumentError(`Expected the module ${module} to load, got ${reason(error)}.`, { cause: error });
  }
  const { default: standard, version, ...named } = exported;
  const candidates = { ...(typeof standard === "object" && !isRunnable(standard) ? standard : {}), ...named };
  const runnables = Object.fromEntries(
    Object.entries(candidates).filter((entry): entry is [string, Runnable<unknown, unknown>] => isRunnable(entry[1])),
  );
  if (Object.keys(runnables).length === 0) {
    throw new ArgumentError(
      `Expected the module ${module} to export Runnables, got none. Write export const embed = ..., or a default export.`,
    );
  }
  return { runnables, ...(typeof version === "string" ? { version } : {}) };
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.message;
}
