import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ArgumentError } from "@batchwise/core";

/**
 * Finds the worker module: the URL itself, or its twin with the other extension. So
 * `new URL("./work.js", import.meta.url)` finds `work.ts` when the program runs from its sources, and
 * `new URL("./work.ts", import.meta.url)` finds `work.js` when it has been built.
 *
 * @throws ArgumentError when `worker` is not a file: or data: URL, or when neither file exists.
 */
export function resolveWorker(worker: URL): URL {
  if (!(worker instanceof URL) || !["file:", "data:"].includes(worker.protocol)) {
    throw new ArgumentError(
      'Expected `worker` to be the URL of a worker module, such as new URL("./work.js", import.meta.url), got ' +
        `${worker instanceof URL ? `a ${worker.protocol} URL` : `a value of type ${typeof worker}`}.`,
    );
  }
  if (worker.protocol === "data:" || existsSync(worker)) return worker;
  const twin = twinOf(worker);
  if (twin !== undefined && existsSync(twin)) return twin;
  throw new ArgumentError(
    `Expected a worker module at ${fileURLToPath(worker)}` +
      `${twin === undefined ? "" : ` or ${fileURLToPath(twin)}`}, got no such file. ` +
      'Write the path relative to the file that calls threadPool(), as in new URL("./work.js", import.meta.url), ' +
      "and have a build keep the worker as a file of its own.",
  );
}

/** Path of the module that runs in every thread: next to this one, in the sources as in the built package. */
export const ENTRY: string = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url),
);

/**
 * Node's flags for a thread. Undefined lets it inherit the process's own. A thread that runs from this repository's
 * sources needs their export condition even where the process has none of its own, as under a test runner.
 */
export function threadFlags(flags: readonly string[] | undefined): string[] | undefined {
  const current = flags ?? process.execArgv;
  if (!ENTRY.endsWith(".ts") || current.some((flag) => flag.includes(SOURCE_CONDITION))) return flags?.slice();
  return [...(flags ?? []), `--conditions=${SOURCE_CONDITION}`];
}

const SOURCE_CONDITION = "@batchwise/source";

const TWINS: Readonly<Record<string, string>> = {
  ".js": ".ts",
  ".ts": ".js",
  ".mjs": ".mts",
  ".mts": ".mjs",
  ".cjs": ".cts",
  ".cts": ".cjs",
};

function twinOf(worker: URL): URL | undefined {
  const extension = /\.[cm]?[jt]s$/.exec(worker.pathname)?.[0];
  if (extension === undefined) return undefined;
  const twin = new URL(worker);
  twin.pathname = worker.pathname.slice(0, -extension.length) + TWINS[extension];
  return twin;
}
