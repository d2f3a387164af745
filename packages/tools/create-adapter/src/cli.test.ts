import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Terminal } from "./ask.ts";
import { runCommandLine } from "./cli.ts";
import { FakeTerminal } from "./testing/fake-terminal.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

/** The command line in this process. */
async function cli(
  argv: readonly string[],
  terminal?: Terminal,
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const texts = { out: "", error: "" };
  const code = await runCommandLine(argv, {
    out: (text) => (texts.out += text),
    error: (text) => (texts.error += text),
    terminal,
  });
  return { code, ...texts };
}

function newFolder(): string {
  return path.join(temporaryFolder(), "package");
}

describe("the command line", () => {
  test("every flag arrives in the package", async () => {
    const dir = newFolder();
    const argv = `@me/acme --dir ${dir} --strategy both --kind rerank --base-url https://acme.example/v9 --key-variable ACME_TOKEN
      --max-inputs 12 --max-concurrency 13 --requests-per-minute 14 --tokens-per-minute 15 --author Ada`;
    const { code, out, error } = await cli(argv.split(/\s+/));
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(/^\nWrote 32 files to .*package\./);
    expect(out).toContain("npm install\n  npm test\n");
    const limits = readFileSync(path.join(dir, "src/limits.ts"), "utf8");
    expect([...limits.matchAll(/ = (\d+);/g)].map(([, value]) => value)).toEqual(
      expect.arrayContaining(["12", "13", "14", "15"]),
    );
    expect(readFileSync(path.join(dir, "src/options.ts"), "utf8")).toContain("https://acme.example/v9");
    expect(existsSync(path.join(dir, "src/rerank.ts"))).toBe(true);
    expect(readFileSync(path.join(dir, "src/adapters.ts"), "utf8")).toContain("ACME_TOKEN");
    expect(JSON.parse(readFileSync(path.join(dir, "package.json"), "utf8"))).toMatchObject({
      name: "@me/acme",
      author: "Ada",
    });
  });

  test("--yes takes the defaults for everything but the name", async () => {
    const dir = newFolder();
    expect((await cli(["acme", "--yes", "--dir", dir])).code).toBe(0);
    expect(existsSync(path.join(dir, "src/embeddings.ts"))).toBe(true);
  });

  test("--kind says the strategy, with --yes and without a terminal", async () => {
    for (const more of [["--yes"], []]) {
      const dir = newFolder();
      expect(await cli(["acme", "--kind", "rerank", "--dir", dir, ...more])).toMatchObject({ code: 0, error: "" });
      expect(existsSync(path.join(dir, "src/rerank.ts"))).toBe(true);
      expect(existsSync(path.join(dir, "src/embeddings.ts"))).toBe(false);
    }
  });

  test("--yes asks nothing at a terminal either", async () => {
    const terminal = new FakeTerminal({});
    expect((await cli(["acme", "--yes", "--dir", newFolder()], terminal)).code).toBe(0);
    expect(terminal.shown).toBe("");
  });

  test.each([
    [
      "",
      "error: Expected a name and --strategy (bulk, concurrent, both), or --yes for the defaults, got none: there is no terminal",
    ],
    [
      "acme",
      "error: Expected --strategy (bulk, concurrent, both), or --yes for the defaults, got none: there is no terminal",
    ],
    ["--strategy bulk", "error: Expected a name, got none: there is no terminal to ask in. --help"],
    ["--yes", "error: Expected a name, got none: --yes asks nothing. --help"],
    ["Acme --yes", "error: command-argument value 'Acme' is invalid for argument 'name'. npm takes lower-case"],
    [
      "acme --strategy fast",
      "error: option '--strategy <strategy>' argument 'fast' is invalid. Allowed choices are bulk",
    ],
    ["acme --yes --max-inputs many", "error: option '--max-inputs <count>' argument 'many' is invalid. Give a whole"],
    ["acme --yes --base-url acme", "error: option '--base-url <url>' argument 'acme' is invalid. Give a URL"],
    ["acme --kind speech", "error: option '--kind <kind>' argument 'speech' is invalid. Allowed choices are chat"],
    ["acme --nope", "error: unknown option '--nope'"],
  ])("%j ends with exit code 1, and says what to do", async (argv, message) => {
    const { code, out, error } = await cli(argv.split(" ").filter((each) => each !== ""));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error.slice(0, message.length)).toBe(message);
  });

  test("a folder that is not empty is refused; --force writes into it", async () => {
    const dir = temporaryFolder();
    writeFileSync(path.join(dir, "mine.txt"), "mine");
    const { code, error } = await cli(["acme", "--yes", "--dir", dir]);
    expect(code).toBe(1);
    expect(error).toContain("is not empty");
    expect(readdirSync(dir)).toEqual(["mine.txt"]);
    expect((await cli(["acme", "--yes", "--dir", dir, "--force"])).code).toBe(0);
    expect(readFileSync(path.join(dir, "mine.txt"), "utf8")).toBe("mine");
  });

  test("Ctrl-C at a question ends it with 130, and nothing is written", async () => {
    const parent = temporaryFolder();
    const terminal = new FakeTerminal({ "take its inputs": ["ctrl-c"] });
    expect((await cli(["acme", "--dir", path.join(parent, "package")], terminal)).code).toBe(130);
    expect(readdirSync(parent)).toEqual([]);
  });

  test("--help shows every flag, and examples", async () => {
    const { code, out } = await cli(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("npm create batchwise-adapter my-provider -- --yes");
    for (const flag of [
      "strategy",
      "kind",
      "base-url",
      "key-variable",
      "max-inputs",
      "max-concurrency",
      "dir",
      "yes",
      "force",
    ]) {
      expect(out).toContain(`--${flag}`);
    }
  });
});

test("as a program, without a terminal and without a network", { timeout: 60_000 }, async () => {
  const isDist = Boolean(process.env["BATCHWISE_TEST_DIST"]);
  const main = fileURLToPath(new URL(isDist ? "../dist/main.js" : "main.ts", import.meta.url));
  const cwd = temporaryFolder();
  const { stdout } = await promisify(execFile)(process.execPath, [main, "@me/acme", "--yes"], { cwd });
  expect(stdout).toContain("\n  cd acme\n");
  expect(readdirSync(cwd)).toEqual(["acme"]);
  const refused = promisify(execFile)(process.execPath, [main], { cwd });
  await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("no terminal") });
});
