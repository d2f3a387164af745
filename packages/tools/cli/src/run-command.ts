import { ArgumentError } from "@batchwise/core";
import { amount, wholeNumber } from "@batchwise/terminal";
import { Command, InvalidArgumentError, Option } from "commander";
import { INPUT_FORMATS } from "./inputs/input-record.ts";
import type { RunOptions } from "./options.ts";
import { VECTOR_FORMS } from "./outputs/vector-form.ts";

/** Command `batchwise run`: passes its flags on as options. */
export function runCommand(action: (options: RunOptions) => Promise<void>): Command {
  return new Command("run")
    .description("Runs an adapter over a file: one row of output for each input, in order.")
    .argument("<adapter>", "<package>#<adapter>, installed here; `batchwise adapters` lists them")
    .argument(
      "<input...>",
      "files, also as quoted patterns: .jsonl, .json, .txt, .csv, .tsv, .parquet, .arrow or .feather, texts also .gz or .zst; or - for standard input",
    )
    .addOption(
      new Option("--format <format>", "format of the input (default: by its extension)").choices(INPUT_FORMATS),
    )
    .option("--delimiter <text>", "text between the values of a CSV row, such as ';' or '\\t' (default: a comma)")
    .option("--quote <character>", 'character around values of CSV, or: none (default: ")')
    .option(
      "--escape <character>",
      "character before a quote within quotes, or before others where --quote is none, such as '\\' (default: the quote)",
    )
    .option("--no-header", "the first row of a CSV file is an input; its columns are 1, 2 and so on")
    .option("--encoding <name>", "encoding of a text file, such as windows-1252 or gbk (default: UTF-8)")
    .option("--field <name>", "field of a record, or column, that is the input")
    .option("--prompt <template>", "the input's text: a template with columns in braces, 'Classify {text}'")
    .option("--prompt-file <file>", "a file with the prompt")
    .option("--system <text>", "text that the model reads before every input")
    .option("--system-file <file>", "a file with that text")
    .option("--schema <file>", "a JSON Schema of the outputs: values, and a column for each property of a table")
    .option("--keep <fields>", "fields of the input to copy into its output, separated by commas, or all", names)
    .option("--limit <n>", "only the first n inputs", wholeNumber(0))
    .option("-o, --output <file>", "a .jsonl, .csv, .parquet or .arrow file, or - (default: JSONL to standard output)")
    .addOption(
      new Option("--vectors <form>", "vectors in JSONL, as numbers (default) or as floats in base64").choices(
        VECTOR_FORMS,
      ),
    )
    .option("--safe-csv", "write ' before cells of CSV that a spreadsheet would run as formulas")
    .option("--overwrite", "replace an output that exists")
    .option("--resume", "keep the rows of an earlier run of the same command, and send the rest")
    .option("--retry-failed", "resume, and send inputs again whose row has an error")
    .option("--set <name=value>", "an option of the adapter; may be given several times", one)
    .option("--concurrency <n>", "requests in flight at once (default: the adapter's)", wholeNumber(1))
    .option("--attempts <n>", "calls that a failing input may take (default: the adapter's)", wholeNumber(1))
    .option("--timeout <seconds>", "most seconds of one call (default: the adapter's)", seconds)
    .option("--max-cost <dollars>", "stop before it costs more", amount)
    .option("--max-tokens <n>", "stop before it takes more tokens", wholeNumber(0))
    .option("--max-failures <n>", "send no more once this many inputs have failed", wholeNumber(1))
    .option("--dedupe", "send equal inputs that are near each other once")
    .option("--cache <folder>", "cache results there, so that none is paid twice")
    .addOption(
      new Option("--cache-errors <way>", "where the cache cannot be used (default: fail)").choices([
        "fail",
        "continue",
      ]),
    )
    .option("--offline", "use the provider's offline jobs: cheaper, and within a day")
    .option("--jobs <folder>", "keep the journal of offline jobs there (default: .batchwise/jobs)")
    .option(
      "--sample <n>",
      "draw inputs at random, send these alone, and show them with what all would cost",
      wholeNumber(1),
    )
    .option("--seed <n>", "seed by which the sample is drawn (default: 0)", wholeNumber(0))
    .option("--estimate", "estimate the run, and send nothing")
    .option("--report <file>", "write the report there, as JSON")
    .option("--quiet", "no progress and no report")
    .addHelpText("after", HELP)
    .action(async (adapter: string, inputs: string[], { timeout, set, keep, ...flags }: Flags) => {
      await action({
        adapter,
        input: only(inputs),
        ...flags,
        ...(keep !== undefined && { keep: keep.includes("all") ? "all" : keep }),
        ...(set !== undefined && { set: settings(set) }),
        ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
      });
    });
}

/** Flags, named as the options except for three. */
interface Flags extends Omit<RunOptions, "adapter" | "input" | "set" | "timeoutMs" | "keep"> {
  readonly keep?: readonly string[];
  readonly set?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

const HELP = `
Examples:
  batchwise run @batchwise/openai#embeddings texts.txt -o vectors.jsonl
  batchwise run @batchwise/openai#embeddings docs.jsonl --field text --keep id \\
    --set dimensions=256 --max-cost 5 -o vectors.parquet
  batchwise run @batchwise/openai#embeddings docs.jsonl --field text --keep id \\
    --set dimensions=256 --max-cost 5 -o vectors.parquet --resume
  batchwise run @batchwise/openai#chat reviews.csv --prompt 'Classify {text}' \\
    --set model=gpt-6-luna --sample 20
  batchwise run @batchwise/openai#chat reviews.csv --prompt 'Classify {text}' \\
    --set model=gpt-6-luna --keep all -o answers.csv
  batchwise run @batchwise/openai#chat reviews.csv --prompt 'Classify {text}' \\
    --set model=gpt-6-luna --keep all -o answers.csv --offline
  batchwise run @batchwise/cohere#rerank questions.jsonl \\
    --set model=rerank-v3.5 | head

Each line of a JSONL input is a text, or an object with --field. A line of the
output is {"index":0,"output":...} or {"index":0,"error":{"code","message"}},
followed by the fields of --keep. An input that fails does not stop the others.

Keys are environment variables, which batchwise adapters <adapter> names. The
first Ctrl-C sends no more requests and waits for those in flight, the second
one ends the run at once. --resume continues it; with --cache, no result is
paid twice.

Exit codes: 0 success, 1 some inputs failed, 2 a wrong command or an error that
ended the run, 130 ended by Ctrl-C.
`;

function names(text: string, before: readonly string[] = []): string[] {
  const given = text.split(",").map((name) => name.trim());
  if (given.includes("")) throw new InvalidArgumentError("Give names with commas between them, such as id,title.");
  return [...before, ...given];
}

/** One file by itself, as programs give it. */
function only(inputs: readonly string[]): string | readonly string[] {
  const [first] = inputs;
  return inputs.length === 1 && first !== undefined ? first : inputs;
}

/** Collects the texts of a flag that may be given several times. */
export function one(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** @throws ArgumentError without the text, which may hold a key: commander's own error would quote it */
export function settings(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new ArgumentError("Expected --set to be a name, = and a value, such as dimensions=256, got another text.");
    }),
  );
}

function seconds(text: string): number {
  const number = amount(text);
  if (number > 0) return number;
  throw new InvalidArgumentError("Give a number above 0, such as 30.");
}
