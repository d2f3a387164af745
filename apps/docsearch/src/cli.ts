import path from "node:path";
import { amount, wholeNumber } from "@batchwise/terminal";
import { Command, CommanderError } from "commander";
import { run } from "./app.ts";
import { listInstalled } from "./adapter-list.ts";
import type { OpenEmbedder } from "./embedder.ts";
import { resolveFolders } from "./folders.ts";
import { textOf } from "./keys.ts";
import { resolveProviders, type ProviderChoice } from "./providers.ts";
import type { RunContext, Workers } from "./run-options.ts";
import { messageOf } from "./stops.ts";

/** Console, environment and signals of the command line. */
export interface CommandLine extends Omit<RunContext, "openEmbedder" | "reranker"> {
  /** Embedder in this process, of the model by this name or of the usual one. */
  readonly localEmbedder: (model?: string) => OpenEmbedder;
  /** Folder to which paths are relative. */
  readonly workingFolder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Runs the command line. Resolves to the exit code: 0, 1 after an error, 130 after a stop by the user. */
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
    if (flags.adapters === true) return listInstalled(console, workingFolder, flags.json);
    const questions = questionsOf(words);
    if (flags.json && questions.length === 0)
      throw new Error("Expected a question to answer with --json, got none. Add one in quotes.");
    const providers = await resolveProviders(flags, commandLine);
    const folders = resolveFolders({
      dir: flags.dir,
      cacheDir: flags.cacheDir,
      workingFolder,
      environment,
    });
    const finished = await run(
      {
        ...flags,
        folders,
        questions,
        ownDocuments: flags.dir === undefined,
        cache: flags.cache === undefined ? undefined : path.resolve(workingFolder, flags.cache),
        workers: workersOf(flags, environment),
      },
      { ...commandLine, ...providers },
    );
    exitCode = finished ? 0 : 130;
  });
  try {
    await command.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    console.note(`error: ${messageOf(error)}`);
    if (argv.includes("--debug") && error instanceof Error) console.note(error.stack ?? "");
    return 1;
  }
}

function workersOf(flags: Flags, environment: NodeJS.ProcessEnv): Workers | undefined {
  const { workers: count, offline, embed, embedOptions, model, dimensions } = flags;
  if (count === undefined) return undefined;
  if (offline === true)
    throw new Error("Expected --offline or --workers, got both. Leave one out: the provider processes jobs.");
  const databaseURL = textOf(environment, "DATABASE_URL");
  return { count, databaseURL, embedding: JSON.stringify({ embed, embedOptions, model, dimensions }) };
}

interface Flags extends ProviderChoice {
  readonly dir?: string;
  readonly cacheDir?: string;
  readonly adapters?: boolean;
  readonly cache?: string;
  readonly offline?: boolean;
  readonly workers?: number;
  readonly limit?: number;
  readonly top: number;
  readonly evaluate: boolean;
  readonly compare?: boolean;
  readonly rebuild: boolean;
  readonly json: boolean;
}

const MODELS = "the embedding model (local: all-MiniLM-L6-v2, openai: text-embedding-3-small, cohere: embed-v4.0)";

function defineCommand(): Command {
  return new Command("docsearch")
    .description("Semantic search over the documentation in your own node_modules, or in any folder of text.")
    .argument("[question...]", "what you want to know; put each question in quotes")
    .option("--dir <folder>", "search this folder of text instead")
    .option("--limit <passages>", "search no more passages; readmes go first, changelogs last", wholeNumber(1))
    .option("--embed <adapter>", "adapter for vectors: local, openai, cohere, or <package>#<adapter>", "local")
    .option("--model <name>", MODELS)
    .option("--dimensions <n>", "length of the vectors, if the model has a choice", wholeNumber(1))
    .option("--embed-options <json>", "further options of the adapter, as JSON")
    .option("--rerank <adapter>", "rerank the best 50 files of the search: cohere, or <package>#<adapter>")
    .option("--rerank-model <name>", "the reranking model (cohere: rerank-v3.5)")
    .option("--rerank-options <json>", "further options of the adapter, as JSON")
    .option("--adapters", "list the adapters that are installed, and do nothing else")
    .option("--max-cost <dollars>", "stop before the run costs more; what is embedded is kept", amount)
    .option("--top <files>", "files to show for a question", wholeNumber(1), 5)
    .option("--cache-dir <folder>", "keep the index here (default: .docsearch, or your cache folder with --dir)")
    .option("--cache <file>", "keep what is embedded in this file too, for other folders and rebuilds")
    .option("--offline", "embed through the provider's offline jobs: cheaper, and within a day")
    .option("--workers <n>", "embed by n workers: processes, with DATABASE_URL (PostgreSQL)", wholeNumber(1))
    .option("--no-evaluate", "do not measure the quality of the search")
    .option("--compare", "compare the three strategies (default: only if it costs nothing)")
    .option("--no-compare", "do not compare them")
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
  npm start -- --embed openai --max-cost 1 "retry a promise"
  npm start -- --embed cohere --rerank cohere "retry a promise"
  npm start -- --embed my-plugin#small --embed-options '{"size": 3}' "retry a promise"
  npm start -- --embed openai --offline --max-cost 0.5 "retry a promise"
  npm --silent start -- --json "retry a promise" 2>/dev/null

Without a question it measures itself and shows examples. A second start embeds
only what has changed. Ctrl-C saves and stops; start again to resume.

--embed openai reads the key in OPENAI_API_KEY (and OPENAI_BASE_URL, for any
OpenAI-compatible server), cohere those in CO_API_KEY and CO_API_URL. These cost
money: a run prints an estimate before anything is sent, and its use at the end.
Each model has its own index; switching loses nothing.

Any other adapter comes from a package in your node_modules with the keyword
batchwise-adapter: --adapters lists them, with --json their options too.`,
    );
}

/** Questions, one an argument; single words are one question without its quotes. */
function questionsOf(words: readonly string[]): string[] {
  const asked = words.map((word) => word.trim()).filter((word) => word !== "");
  return asked.length > 1 && asked.every((word) => !/\s/.test(word)) ? [asked.join(" ")] : asked;
}
