import { Command, InvalidArgumentError } from "commander";
import { run, type Surroundings } from "./app.ts";
import { chooseFolders } from "./folders.ts";

/** What the command line needs of its surroundings. */
export interface CommandLine extends Surroundings {
  /** From which relative folders are meant. */
  readonly workingFolder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Runs the command line and returns the exit code: 0, 1 after an error, 130 when a stop was asked for. */
export async function runCommandLine(argv: readonly string[], commandLine: CommandLine): Promise<number> {
  const { console, workingFolder, environment } = commandLine;
  let exitCode = 0;
  const command = defineCommand()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => console.result(text.trimEnd()),
      writeErr: (text) => console.note(text.trimEnd()),
    });
  command.action(async (words: string[], flags: Flags) => {
    const questions = questionsOf(words);
    if (flags.json && questions.length === 0)
      throw new Error("Expected a question to answer with --json, but there is none.");
    const folders = chooseFolders({
      dir: flags.dir,
      cacheDir: flags.cacheDir,
      workingFolder,
      environment,
    });
    const finished = await run({ ...flags, folders, questions, ownDocuments: flags.dir === undefined }, commandLine);
    exitCode = finished ? 0 : 130;
  });
  try {
    await command.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (isCommanderError(error)) return error.exitCode === 0 ? 0 : 1;
    console.note(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (argv.includes("--debug") && error instanceof Error) console.note(error.stack ?? "");
    return 1;
  }
}

interface Flags {
  readonly dir?: string;
  readonly cacheDir?: string;
  readonly limit: number;
  readonly top: number;
  readonly evaluate: boolean;
  readonly rebuild: boolean;
  readonly json: boolean;
}

/** Enough for the documentation of some 700 packages, and about a minute of two cores. */
const DEFAULT_LIMIT = 15_000;

function defineCommand(): Command {
  return new Command("docsearch")
    .description("Semantic search over the documentation in your own node_modules, or in any folder of text.")
    .argument("[question...]", "what you want to know; put each question in quotes")
    .option("--dir <folder>", "search this folder of text instead")
    .option(
      "--limit <passages>",
      "search no more passages; readmes go first, changelogs last",
      wholeNumber,
      DEFAULT_LIMIT,
    )
    .option("--top <files>", "files to show for a question", wholeNumber, 5)
    .option("--cache-dir <folder>", "keep the index here (default: .docsearch, or your cache folder with --dir)")
    .option("--no-evaluate", "do not measure how well the search finds things")
    .option("--rebuild", "embed everything again", false)
    .option("--json", "print answers as JSON", false)
    .option("--debug", "print the stack of an error", false)
    .addHelpText(
      "after",
      `
Examples:
  npm start
  npm start -- "how do I stop retrying after an error?"
  npm start -- --top 1 "parse a semver range" "make a temporary file"
  npm start -- --dir ~/notes "what did we decide?"
  npm --silent start -- --json "retry a promise" 2>/dev/null

Without a question it measures what it does and shows examples. A second start
embeds only what has changed. Ctrl-C saves and stops; start again to go on.`,
    );
}

/** Each argument is a question; single words are one question whose quotes were forgotten. */
function questionsOf(words: readonly string[]): string[] {
  const asked = words.map((word) => word.trim()).filter((word) => word !== "");
  return asked.length > 1 && asked.every((word) => !/\s/.test(word)) ? [asked.join(" ")] : asked;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError("Give a whole number from 1.");
  return number;
}

function isCommanderError(error: unknown): error is Error & { exitCode: number } {
  return (
    error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")
  );
}
