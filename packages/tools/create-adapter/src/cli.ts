import path from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { KINDS, problems, type ScaffoldOptions, STRATEGIES } from "./options.ts";
import { ask, Canceled, type Terminal } from "./ask.ts";
import { scaffold, type Scaffolded } from "./scaffold.ts";
import { ScaffoldError } from "./scaffold-error.ts";

/** Streams and terminal of the command line. */
export interface Environment {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Terminal for questions; undefined where no question would be answered. */
  readonly terminal: Terminal | undefined;
}

/** Resolves to the exit code: 0, 1 after an error, 130 where the user has called it off. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<number> {
  const { out, error } = environment;
  const command = defineFlags()
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: error })
    .action((name: string | undefined, flags: Flags) => run(name, flags, environment));
  try {
    await command.parseAsync(argv, { from: "user" });
    return 0;
  } catch (failure) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 1;
    if (failure instanceof Canceled) return 130;
    if (!(failure instanceof ScaffoldError)) throw failure;
    error(`error: ${failure.message}\n`);
    return 1;
  }
}

/** Commander has its own idea of how `--base-url` is written in a program. */
interface Flags extends Omit<ScaffoldOptions, "name" | "baseURL"> {
  readonly baseUrl?: string;
  readonly yes?: true;
}

function defineFlags(): Command {
  return new Command("create-batchwise-adapter")
    .description("Scaffolds a provider plugin for Batchwise whose tests pass as it stands.")
    .argument("[name]", "the package's name on npm: my-provider, @me/my-provider", taking(problems.name))
    .addOption(
      new Option(
        "--strategy <strategy>",
        "many inputs in one request, one request an input, or a Runnable of each kind",
      ).choices(STRATEGIES),
    )
    .addOption(new Option("--kind <kind>", "what a request for one input does (default: chat)").choices(KINDS))
    .option("--base-url <url>", "the API's address", taking(problems.baseURL))
    .option("--key-variable <name>", "the environment variable that holds the key", taking(problems.keyVariable))
    .option("--max-inputs <count>", "inputs in one bulk request (default: 96)", count)
    .option("--max-concurrency <count>", "requests in flight at once, at most (default: 5)", count)
    .option("--requests-per-minute <count>", "where responses do not report it", count)
    .option("--tokens-per-minute <count>", "where responses do not report it", count)
    .option("--author <author>", "for the license and package.json", taking(problems.author))
    .option("--dir <folder>", "the package's folder (default: its name without the scope)")
    .option("--yes", "ask nothing: defaults for what no flag says")
    .option("--force", "write into a folder that is not empty; files of the same names are replaced")
    .addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  npm create batchwise-adapter                        asks for everything
  npm create batchwise-adapter my-provider -- --yes   bulk embeddings, defaults for the rest
  npm create batchwise-adapter my-provider -- --yes --kind rerank
  npm create batchwise-adapter @me/acme -- --yes --strategy concurrent --base-url https://api.acme.example/v1 \\
    --max-concurrency 20 --requests-per-minute 600
`;

async function run(name: string | undefined, flags: Flags, { out, terminal }: Environment): Promise<void> {
  const { baseUrl: baseURL, yes = false, ...others } = flags;
  const known: Partial<ScaffoldOptions> = {
    ...others,
    ...(name === undefined ? {} : { name }),
    ...(baseURL === undefined ? {} : { baseURL }),
  };
  const scaffolded = scaffold(await completed(known, yes, terminal));
  out(nextSteps(scaffolded));
}

async function completed(
  known: Partial<ScaffoldOptions>,
  yes: boolean,
  terminal: Terminal | undefined,
): Promise<ScaffoldOptions> {
  const { name, strategy = known.kind } = known;
  if (name !== undefined && (yes || (terminal === undefined && strategy !== undefined))) return { ...known, name };
  if (terminal !== undefined && !yes) return ask(known, terminal);
  const missing = [...(name === undefined ? ["a name"] : []), ...(yes || strategy !== undefined ? [] : ["--strategy"])];
  const why = yes ? "--yes asks nothing" : "there is no terminal to ask in";
  const or = yes || strategy !== undefined ? "" : ` (${STRATEGIES.join(", ")}), or --yes for the defaults`;
  throw new ScaffoldError(`Expected ${missing.join(" and ")}${or}, got none: ${why}. --help shows examples.`);
}

function nextSteps({ dir, files }: Scaffolded): string {
  return `
Wrote ${files.length} files to ${dir}. They keep every law of Batchwise as they stand:

  cd ${path.relative("", dir) || "."}
  npm install
  npm test

Then look for TODO in src: that is where your provider's API goes.
`;
}

/** Parser for commander: gives the text itself, or an error with the reason. */
function taking(problem: (text: string) => string | undefined): (text: string) => string {
  return (text) => {
    const advice = problem(text);
    if (advice !== undefined) throw new InvalidArgumentError(advice);
    return text;
  };
}

function count(text: string): number {
  return Number(taking(problems.count)(text));
}
