import { readFile } from "node:fs/promises";
import { startEmulator } from "@batchwise/emulator";
import { snippetsIn } from "@batchwise/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { run, runCommandLine, type RunOptions } from "./index.ts";
import { runCommand } from "./run-command.ts";
import { Memory, temporaryFolder } from "./testing/workbench.ts";

const url = new URL("../README.md", import.meta.url);
const readme = await readFile(url, "utf8");
const DOCS = '{"id":"a","text":"A cat."}\n{"id":"b"}\n{"id":"c","text":"A kitten."}\n';

afterEach(() => vi.unstubAllEnvs());

test("the function does what the README shows", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  vi.stubEnv("OPENAI_API_KEY", "k");
  vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
  const folder = await temporaryFolder({ "docs.jsonl": DOCS });
  const snippets = await snippetsIn(url);
  expect(snippets).toHaveLength(1);
  const printed = await snippets[0]?.run({
    "@batchwise/cli": { run: (options: RunOptions) => run(options, { folder }) },
  });
  expect(printed).toEqual([["completed", 2, 1, { invalid_input: 1 }]]);
});

test("the commands do what the README shows", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  vi.stubEnv("OPENAI_API_KEY", "k");
  vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
  const folder = await temporaryFolder({ "docs.jsonl": DOCS, "reviews.csv": "id,text\n1,Good.\n2,Bad.\n" });
  const commands = [...readme.matchAll(/^npx batchwise (.*)$/gm)].map(([, argv = ""]) =>
    (argv.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", "")),
  );
  const codes: number[] = [];
  for (const argv of commands) {
    codes.push(await runCommandLine(argv, { folder, stdout: new Memory(), stderr: new Memory() }));
  }
  expect(codes).toEqual([0, 1, 1, 0, 0]);
  const rows = (await readFile(`${folder}/vectors.jsonl`, "utf8")).split("\n");
  expect(readme).toContain(rows[1]);
  expect(rows[0]).toMatch(/^\{"index":0,"output":\[.*\],"id":"a"\}$/);
});

test("every flag is in the table of options", () => {
  const flags = runCommand(async () => undefined).options.map(({ long }) => long ?? "");
  expect(flags).toContain("--keep");
  expect(flags.filter((flag) => !readme.includes(flag))).toEqual([]);
});
