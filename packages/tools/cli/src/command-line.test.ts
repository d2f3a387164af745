import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { runCommandLine } from "./index.ts";
import { runCommand } from "./run-command.ts";
import type { RunOptions } from "./options.ts";
import { Memory, temporaryFolder } from "./testing/workbench.ts";

async function cli(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new Memory(), new Memory()];
  const code = await runCommandLine(argv, { folder: await temporaryFolder(), stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

test("every flag of run reaches its option", async () => {
  let options: RunOptions | undefined;
  const command = runCommand(async (given) => void (options = given));
  const argv = `a#b - --format csv --delimiter ; --quote none --escape | --no-header --encoding gbk --field text --prompt {a} --prompt-file p.txt --system s --system-file s.txt --schema s.json --keep id,title --keep url --limit 5 --output o.jsonl --overwrite --resume
    --retry-failed --set model=m --set note=a=b --concurrency 3 --attempts 4 --timeout 1.5 --max-cost 0.5 --max-tokens 9
    --dedupe --cache kept --cache-errors continue --offline --jobs j --sample 9 --seed 3 --estimate --quiet`;
  await command.parseAsync(argv.split(/\s+/), { from: "user" });
  expect(options).toEqual({
    adapter: "a#b",
    input: "-",
    format: "csv",
    delimiter: ";",
    quote: "none",
    escape: "|",
    header: false,
    encoding: "gbk",
    field: "text",
    prompt: "{a}",
    promptFile: "p.txt",
    system: "s",
    systemFile: "s.txt",
    schema: "s.json",
    keep: ["id", "title", "url"],
    limit: 5,
    output: "o.jsonl",
    overwrite: true,
    resume: true,
    retryFailed: true,
    set: { model: "m", note: "a=b" },
    concurrency: 3,
    attempts: 4,
    timeoutMs: 1500,
    maxCost: 0.5,
    maxTokens: 9,
    dedupe: true,
    cache: "kept",
    cacheErrors: "continue",
    offline: true,
    jobs: "j",
    sample: 9,
    seed: 3,
    estimate: true,
    quiet: true,
  } satisfies RunOptions);
});

test.each([
  ["--limit 1.5", "Give a whole number from 0."],
  ["--concurrency 0", "Give a whole number from 1."],
  ["--timeout 0", "Give a number above 0, such as 30."],
  ["--max-cost much", "Give a number from 0, such as 0.50."],
  ["--keep a,,b", "Give names with commas between them, such as id,title."],
  ["--format xml", "Allowed choices are jsonl, json, text, csv, tsv, parquet, arrow."],
  ["--nope", "unknown option '--nope'"],
  ["--concurency 3", "(Did you mean --concurrency?)"],
  ["--max-concurrency 3", "(Did you mean --concurrency?)"],
  ["--max-retries=3", "(Did you mean --attempts?)"],
  ["--request-timeout 3", "(Did you mean --timeout?)"],
  ["--model gpt-6-luna", "(Options of an adapter are given as --set model=<value>.)"],
])("a wrong flag: exit code 2, and advice: %s", async (flags, advice) => {
  const { code, stdout, stderr } = await cli("run", "a#b", "in.jsonl", ...flags.split(" "));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(advice);
});

test("a wrong --set is not quoted: it may hold a key", async () => {
  const { code, stderr } = await cli("run", "a#b", "in.jsonl", "--set", "secret");
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: Expected --set to be a name, = and a value/);
  expect(stderr).not.toMatch(/secret/);
});

test("--help of everything, with examples; --version; nothing at all", async () => {
  for (const argv of [["--help"], ["run", "--help"], ["adapters", "--help"]]) {
    const { code, stdout } = await cli(...argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}batchwise /);
    // What commander does not wrap.
    expect(
      stdout
        .slice(stdout.indexOf("Examples:"))
        .split("\n")
        .filter(({ length }) => length > 80),
    ).toEqual([]);
  }
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(await cli("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  expect((await cli()).code).toBe(2);
  expect((await cli("rnu")).stderr).toMatch(/unknown command 'rnu'\n\(Did you mean run\?\)/);
});
