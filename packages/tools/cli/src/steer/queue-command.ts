import { createRequire, findPackageJSON } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ArgumentError } from "@batchwise/core";
import { Command } from "commander";
import { placesFrom } from "../find-adapter.ts";
import { widthOf } from "../terminal-width.ts";
import type { SteerEnvironment } from "./steer-environment.ts";

/** Command `batchwise queue`: hands on to @batchwise/queue, which only those have installed who use it. */
export function queueCommand(environment: SteerEnvironment): Command {
  return new Command("queue")
    .description("Shows and steers the batches of a queue: status, failed, retry, purge (needs @batchwise/queue).")
    .argument("[arguments...]")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (argv: string[]) => {
      const { runQueueCommand } = await loadQueue(placesFrom(environment.folder));
      const { stdin, stdout, stderr } = environment;
      const code = await runQueueCommand(argv, {
        out: (text) => void stdout.write(text),
        error: (text) => void stderr.write(text),
        input: stdin,
        columns: widthOf(stdout),
      });
      environment.onExitCode(code);
    });
}

/**
 * Loads the package from the first of these folders that has it.
 *
 * @throws ArgumentError that names the command which installs it
 */
export async function loadQueue(places: readonly string[]): Promise<typeof import("@batchwise/queue")> {
  for (const place of places) {
    const file = resolveFrom(place);
    if (file !== undefined) return (await import(pathToFileURL(file).href)) as typeof import("@batchwise/queue");
  }
  throw new ArgumentError(
    "Expected @batchwise/queue to be installed, got none. Run npm install @batchwise/queue @batchwise/core.",
  );
}

function resolveFrom(folder: string): string | undefined {
  try {
    // Not by `require` from the folder: that looks into NODE_PATH as well.
    const manifest = findPackageJSON(NAME, pathToFileURL(path.join(folder, "package.json")));
    return manifest === undefined ? undefined : createRequire(manifest).resolve(NAME);
  } catch {
    return undefined;
  }
}

const NAME = "@batchwise/queue";
