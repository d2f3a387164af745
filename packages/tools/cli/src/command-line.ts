import { readFile } from "node:fs/promises";
import { Command, CommanderError } from "commander";
import { adaptersCommand } from "./adapters-command.ts";
import type { RunEnvironment } from "./options.ts";
import { exitCodeOf, messageOf } from "./result.ts";
import { run } from "./run.ts";
import { runCommand } from "./run-command.ts";

/**
 * Runs the command line: `batchwise run` and `batchwise adapters`.
 *
 * @param argv arguments after the command's own name
 * @returns the exit code: 0 success, 1 some inputs failed, 2 a wrong command or an error that ended the run, 130 ended by
 * the user
 */
export async function runCommandLine(argv: readonly string[], environment: RunEnvironment = {}): Promise<number> {
  const { stdout = process.stdout, stderr = process.stderr, folder = process.cwd() } = environment;
  let exitCode = 0;
  const program = new Command("batchwise")
    .description("Bulk work over AI APIs: runs an adapter over a file of any size.")
    .version(await ownVersion())
    .addHelpText("after", EXAMPLES)
    .addCommand(
      runCommand(async (options) => {
        const result = await run(options, environment);
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
    // Commander has reported the error, or shown the help.
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
