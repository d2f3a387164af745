import { readFile } from "node:fs/promises";
import { optionMeant } from "@batchwise/core/wrappers";
import { Command, CommanderError } from "commander";
import { adaptersCommand } from "./adapters-command.ts";
import type { RunEnvironment } from "./options.ts";
import { messageOf } from "./result.ts";
import { exitCodeOf } from "./run-result.ts";
import { run } from "./run.ts";
import { runCommand } from "./run-command.ts";
import { cacheCommand } from "./steer/cache-command.ts";
import { jobsCommand } from "./steer/jobs-command.ts";
import { queueCommand } from "./steer/queue-command.ts";

/**
 * Runs the command line: `batchwise run`, `adapters`, `cache`, `jobs` and `queue`.
 *
 * @param argv arguments after the command's own name
 * @returns the exit code: 0 success, 1 some inputs failed, 2 a wrong command or an error that ended the run, 130 ended by
 * the user
 */
export async function runCommandLine(argv: readonly string[], environment: RunEnvironment = {}): Promise<number> {
  const {
    stdin = process.stdin,
    stdout = process.stdout,
    stderr = process.stderr,
    folder = process.cwd(),
  } = environment;
  let exitCode = 0;
  const steering = { folder, stdin, stdout, stderr, onExitCode: (code: number) => void (exitCode = code) };
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
    .addCommand(adaptersCommand(steering))
    .addCommand(cacheCommand(steering))
    .addCommand(jobsCommand(steering))
    .enablePositionalOptions()
    .addCommand(queueCommand(steering));
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) => write(withHint(text, command)),
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

/** Error of commander, with the flag that was meant where it is not one that commander finds by its letters. */
function withHint(text: string, { options }: Command): string {
  const [, flag] = /^error: unknown option '--([\w-]+).*'\n$/.exec(text) ?? [];
  if (flag === undefined) return text;
  const names = options.map((option) => option.attributeName());
  const meant = options[names.indexOf(optionMeant(flag, names) ?? "")]?.long;
  if (meant) return `${text}(Did you mean ${meant}?)\n`;
  return names.includes("set") ? `${text}(Options of an adapter are given as --set ${flag}=<value>.)\n` : text;
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
