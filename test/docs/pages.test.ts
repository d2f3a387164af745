import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startEmulator } from "@batchwise/emulator";
import { snippetsIn } from "@batchwise/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Their snippets are run by tests of their own. */
const ELSEWHERE = new Set(["docs/choosing-a-strategy.md", "docs/laws.md", "docs/writing-an-adapter.md"]);
const pages = globSync(["README.md", "packages/core/README.md", "docs/*.md", "docs/{guides,coming-from}/*.md"], {
  cwd: ROOT,
})
  .map((page) => page.replaceAll("\\", "/"))
  .filter((page) => !ELSEWHERE.has(page));
const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];
/** Files that snippets and commands read. */
const FILES: Readonly<Record<string, string>> = {
  "prompt.txt": "Give a topic for {text}",
  "texts.txt": "A cat sat.\nTaxes rise.\nGoal!\n",
  "docs.jsonl": '{"id":"a","text":"A cat sat."}\n{"id":"b","text":"Taxes rise."}\n',
};

const emulator = await startEmulator({ tokens: "fast" });
afterAll(() => emulator.close());

let folder: string;
beforeEach(async () => {
  // Within the repository, whose packages it finds.
  folder = await mkdtemp(path.join(ROOT, "test/.snippets-"));
  for (const [name, content] of Object.entries(FILES)) await writeFile(path.join(folder, name), content);
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a program in the folder, with the emulator in place of the providers. */
async function run(...argv: readonly string[]): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const emulated = fileURLToPath(new URL("emulated.ts", import.meta.url));
  const env = {
    ...process.env,
    OPENAI_API_KEY: "key",
    OPENAI_BASE_URL: emulator.openaiBaseURL,
    CO_API_KEY: "key",
    CO_API_URL: emulator.cohereBaseURL,
    NO_COLOR: "1",
  };
  const child = spawn(process.execPath, [...conditions, "--import", pathToFileURL(emulated).href, ...argv], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const lines = output.trimEnd().split("\n");
  return { code: code as number, lines: code === 0 ? lines : [...lines, ...errors.split("\n")] };
}

/** Lines that a snippet promises to print: behind its `console.log`s, and in the comment at its end. */
function promisedBy(code: string): string[] {
  const [end = ""] = /(?:^\/\/ .*\n)+(?![^])/m.exec(code) ?? [];
  const behind = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line = ""]) => line);
  return [...behind, ...end.split("\n").flatMap((line) => (line === "" ? [] : [line.slice("// ".length)]))];
}

describe.for(pages)("%s", (page) => {
  test("its snippets run as they stand, and print what they say", { timeout: 120_000 }, async () => {
    for (const { code } of await snippetsIn(new URL(page, pathToFileURL(ROOT)))) {
      await writeFile(path.join(folder, "snippet.mts"), code);
      const promised = promisedBy(code);
      expect(await run("snippet.mts"), code).toEqual({ code: 0, lines: promised.length === 0 ? [""] : promised });
    }
  });

  test("its commands run", { timeout: 120_000 }, async () => {
    const source = await readFile(path.join(ROOT, page), "utf8");
    for (const [, command = ""] of source.matchAll(/^npx batchwise (.*?)(?: +#.*)?$/gm)) {
      const bin = path.join(ROOT, "packages/tools/cli", conditions.length > 0 ? "src/bin.ts" : "dist/bin.js");
      expect(await run(bin, ...command.split(" ")), command).toMatchObject({ code: 0 });
    }
  });
});

test("the logger of the page on middleware is ten lines", async () => {
  const [logger] = await snippetsIn(new URL("docs/middleware.md", pathToFileURL(ROOT)));
  const body = logger!.code.slice(logger!.code.indexOf("const logger"), logger!.code.indexOf("const outputs"));
  expect(body.trim().split("\n").length).toBeLessThanOrEqual(10);
});
