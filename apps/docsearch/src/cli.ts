import { amount, wholeNumber } from "@batchwise/terminal";
import { Command, CommanderError } from "commander";
import { z } from "zod";
import type { Flags } from "./flags.ts";
import { run, type RunContext } from "./run.ts";

/** Runs the command line. Resolves to the exit code: 0, 1 after an error, 130 after a stop by the user. */
export async function runCommandLine(argv: readonly string[], context: RunContext): Promise<number> {
  const { results, notes } = context.console;
  let exitCode = 0;
  const command = defineCommand()
    .exitOverride()
    .configureOutput({ writeOut: (text) => results.write(text), writeErr: (text) => notes.write(text) })
    .action(async (words: string[], flags: Flags) => {
      const questions = questionsOf(words);
      if (flags.json && questions.length === 0)
        throw new Error("Expected a question to answer with --json, got none. Add one in quotes.");
      if (!(await run(questions, flags, context))) exitCode = 130;
    });
  try {
    await command.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    context.console.note(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (argv.includes("--debug") && error instanceof Error) context.console.note(error.stack ?? "");
    return 1;
  }
}

function defineCommand(): Command {
  return new Command("docsearch")
    .description("Semantic search over the documentation in your own node_modules, or in any folder of text.")
    .argument("[question...]", "what you want to know; put each question in quotes")
    .option("--dir <folder>", "search this folder of text instead")
    .option("--limit <passages>", "search no more passages; readmes go first, changelogs last", wholeNumber(1))
    .option("--top <files>", "files to show for a question", wholeNumber(1), 5)
    .option("--embed <adapter>", "adapter for vectors: local, openai, cohere, or <package>#<adapter>", "local")
    .option("--model <name>", "the embedding model; a smaller local one is universal-sentence-encoder-lite")
    .option("--embed-options <json>", "further options of the adapter, as JSON", object)
    .option("--rerank <adapter>", "rerank the best 50 files of the search: cohere, or <package>#<adapter>")
    .option("--rerank-options <json>", "options of the adapter, as JSON (cohere: its model is rerank-v3.5)", object)
    .option("--max-cost <dollars>", "stop before the run costs more; what is embedded is kept", amount)
    .option("--cache <file>", "keep vectors here (default: in .docsearch, or in your cache folder with --dir)")
    .option("--offline", "embed through the provider's offline jobs: cheaper, and within a day")
    .option("--compare", "compare the three strategies of a batch on a sample of the passages")
    .option("--json", "print answers as JSON", false)
    .option("--debug", "print the stack of an error")
    .addHelpText(
      "after",
      `
Examples:
  npm start -- "how do I stop retrying after an error?"
  npm start -- --dir ~/notes "what did we decide?"
  npm start -- --embed openai --offline --max-cost 0.5 "retry a promise"
  npm start -- --embed cohere --rerank cohere "retry a promise"
  npm start -- --embed my-plugin#small --embed-options '{"size": 3}' "retry a promise"
  npm --silent start -- --json "retry a promise" 2>/dev/null

Without a question it measures itself and shows examples. A second start embeds only what
has changed. Ctrl-C saves and stops; start again to resume. Openai needs OPENAI_API_KEY
(and OPENAI_BASE_URL for any compatible server), cohere CO_API_KEY (and CO_API_URL). They
cost money: a run prints an estimate before anything is sent, and its use at the end.`,
    );
}

/** Questions, one an argument; single words are one question without its quotes. */
function questionsOf(words: readonly string[]): string[] {
  const asked = words.map((word) => word.trim()).filter((word) => word !== "");
  return asked.length > 1 && asked.every((word) => !/\s/.test(word)) ? [asked.join(" ")] : asked;
}

/** Reads an object in JSON. @throws Error without the text, which may hold a key */
function object(json: string): object {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(json));
  } catch {
    throw new Error(`Expected options as an object in JSON, got something else. Try '{"model": "small"}'.`);
  }
}
