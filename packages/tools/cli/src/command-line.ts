import { readFile } from "node:fs/promises";
import { Command, CommanderError } from "commander";
import { adaptersCommand } from "./adapters-command.ts";
import type { Surroundings } from "./options.ts";
import { exitCodeOf, messageOf } from "./result.ts";
import { run } from "./run.ts";
import { runCommand } from "./run-command.ts";

/**
 * The command line: `batchwise run` and `batchwise adapters`.
 *
 * @param argv what stands behind the command's own name
 * @returns the exit code: 0 all is well, 1 some inputs failed, 2 a wrong command or something that ended the run, 130
 * ended by the user
 */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings = {}): Promise<number> {
  const { stdout = process.stdout, stderr = process.stderr, folder = process.cwd() } = surroundings;
  let exitCode = 0;
  const program = new Command("batchwise")
    .description("Bulk work over AI APIs: an adapter over a file of any size, losing nothing.")
    .version(await ownVersion())
    .addHelpText("after", EXAMPLES)
    .addCommand(
      runCommand(async (options) => {
        const result = await run(options, surroundings);
        exitCode = exitCodeOf(result);
        if (result.status === "stopped") throw result.reason;
      }),
    )
    .addCommand(adaptersCommand(folder, (text) => void stdout.write(text)));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    stderr.write(`error: ${messageOf(error)}\n`);
    return 2;
  }
}

const EXAMPLES = `
Examples:
  batchwise adapters
  batchwise run @batchwise/openai#embeddings texts.txt --output vectors.jsonl
  batchwise run --help
`;

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
