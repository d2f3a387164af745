import { mkdir, readFile, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { CohereRerank } from "@batchwise/cohere";
import { startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { afterEach, describe, expect, test, vi } from "vitest";
import { exitCodeOf, runCommandLine } from "./index.ts";
import { Memory, rowsIn, rowsOf, start, temporaryFolder, textLines } from "./testing/workbench.ts";

afterEach(() => vi.unstubAllEnvs());

/** A user's folder with an adapter of another author. */
async function project(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporaryFolder({
    "package.json": "{}",
    "node_modules/acme-letters/package.json": JSON.stringify({
      name: "acme-letters",
      version: "1.2.3",
      type: "module",
      keywords: ["batchwise-adapter"],
      exports: "./index.js",
    }),
    "node_modules/acme-letters/index.js": ACME,
    ...files,
  });
  const scope = path.join(folder, "node_modules", "@batchwise");
  await mkdir(scope, { recursive: true });
  await symlink(fileURLToPath(new URL("../../../core", import.meta.url)), path.join(scope, "core"), "junction");
  return folder;
}

const ACME = `
import { ArgumentError, runnable } from "@batchwise/core";
const text = { type: "string", description: "Any text.", default: "1" };
export const adapters = [
  {
    name: "options", kind: "echo", description: "Gives its options back.", key: "ACME_API_KEY", limits: { maxInputs: 9000 },
    options: {
      type: "object", additionalProperties: false, required: ["text"],
      properties: {
        text,
        count: { type: "integer", description: "A number." },
        flag: { type: "boolean", description: "A flag.", enum: [true, false] },
        list: { type: ["array", "object"], description: "A list." },
      },
    },
    create: (options) => {
      if (options.text === "") throw new ArgumentError("Expected ACME_API_KEY in the environment.");
      return Object.assign(runnable(() => options), { [Symbol.asyncDispose]: async () => { globalThis.acmeIsClosed = true; } });
    },
  },
];
`;

async function cli(folder: string, ...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new Memory(), new Memory()];
  const code = await runCommandLine(argv, { folder, stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe("an adapter in the user's folder", () => {
  test("is found by its name, and gets --set in its schema's types; its resources are closed", async () => {
    const folder = await project({ "in.jsonl": "1\n" });
    const set = ["text=1=2", "count=3", "flag=true", 'list=["a"]'].flatMap((each) => ["--set", each]);
    const { code, stdout, stderr } = await cli(folder, "run", "acme-letters", "in.jsonl", ...set, "--quiet");
    expect(stderr).toBe("");
    expect(rowsOf(stdout)).toEqual([{ index: 0, output: { text: "1=2", count: 3, flag: true, list: ["a"] } }]);
    expect(code).toBe(0);
    expect((globalThis as { acmeIsClosed?: boolean }).acmeIsClosed).toBe(true);
  });

  test("options that it does not take are refused by name, never by value", async () => {
    const folder = await project({ "in.jsonl": "1\n" });
    const set = ["text=x", "count=secret", "cuont=secret"].flatMap((each) => ["--set", each]);
    const { code, stderr } = await cli(folder, "run", "acme-letters#options", "in.jsonl", ...set);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: Expected options that acme-letters#options takes, got these: there is no `cuont` \(did you mean `count`\?\); `count` must be integer/,
    );
    expect(stderr).not.toMatch(/secret/);
  });

  // Seen in use, 2026-11-30: "Install it there: npm i a.jsonl".
  test.each([
    [["in.jsonl", "acme-letters"], "<adapter> in.jsonl"],
    [["in.jsonl", "acme-letters#options"], "acme-letters#options in.jsonl"],
    [["none.jsonl", "acme-letters#options"], "acme-letters#options none.jsonl"],
    [["in.jsonl", "in.jsonl", "@acme/letters#options"], "@acme/letters#options in.jsonl"],
  ])("an adapter that is not the first argument is said to be so: %j", async (argv, order) => {
    const { code, stderr } = await cli(await project({ "in.jsonl": "1\n" }), "run", ...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: Expected the adapter first and the input after it, got an? (file first|adapter among)/,
    );
    expect(stderr).toContain(`Give them in this order: batchwise run ${order}\n`);
  });

  test("one that is not installed: what to install, and similar names", async () => {
    const folder = await project({ "in.jsonl": "1\n" });
    const said = async (reference: string): Promise<string> => (await cli(folder, "run", reference, "in.jsonl")).stderr;
    expect(await said("acme-leters#options")).toMatch(/npm i acme-leters\nDid you mean acme-letters#options\?\n$/);
    expect(await said("openai#embedding")).toMatch(/Did you mean @batchwise\/openai#embeddings/);
    expect(await said("acme-leters")).toMatch(/npm i acme-leters\nDid you mean acme-letters#/);
    expect(await said("@batchwise/openi")).toMatch(/Did you mean @batchwise\/openai#/);
    expect(await said("acme-letters#option")).toMatch(
      /to have an adapter named option, got no such one. It has: acme-letters#options \(echo\)\.\n$/,
    );
  });
});

describe("batchwise adapters", () => {
  test("lists installed adapters, with kind and description; a broken one with its error", async () => {
    const folder = await project({
      "node_modules/broken/package.json": '{"name":"broken","keywords":["batchwise-adapter"],"exports":"./index.js"}',
      "node_modules/broken/index.js": "module.exports = {};",
    });
    const { code, stdout } = await cli(folder, "adapters");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^acme-letters#options +echo +Gives its options back\.$/m);
    expect(stdout).toMatch(/^broken +broken +Expected broken to export `adapters`, got none/m);
    expect(stdout).toMatch(/^@batchwise\/openai#embeddings +embeddings +/m);
  });

  test("shows an adapter's options, defaults, limits and the variable of its key", async () => {
    const { stdout } = await cli(await project(), "adapters", "acme-letters#options");
    expect(stdout).toBe(`Gives its options back.

acme-letters#options  echo                         1.2.3
Key                   in the environment variable  ACME_API_KEY
Limits                of one request               maxInputs 9,000

Options, for --set name=value:
  text   string           Any text. Required. Default: "1".
  count  integer          A number.
  flag   boolean          A flag. One of true, false.
  list   array or object  A list.
`);
    expect((await cli(await project(), "adapters", "nothing-like-it")).code).toBe(2);
  });

  test("shows what an adapter takes besides texts, and that it makes values", async () => {
    const { stdout } = await cli(await project(), "adapters", "@batchwise/openai#chat");
    expect(stdout).toMatch(/^Inputs +besides texts +messages, OpenAI's requests to \/v1\/chat\/completions$/m);
    expect(stdout).toMatch(/^Values +instead of texts +by --schema$/m);
  });
});

describe("OpenAI's embeddings against an emulator", () => {
  test("the key comes from the environment; --set reaches the wire", async () => {
    await using emulator = await startEmulator({ apiKey: "k", tokens: "fast" });
    vi.stubEnv("OPENAI_API_KEY", "k");
    vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
    const folder = await temporaryFolder({ "in.txt": "a cat\na kitten\n" });
    const argv = ["run", "@batchwise/openai#embeddings", "in.txt", "--set", "dimensions=3", "-o", "out.jsonl"];
    const { code, stderr } = await cli(folder, ...argv);
    expect(stderr).toMatch(
      /^Inputs {4}2 answered, 0 failed\nRequests {2}1\nTokens {4}(\d+), \1 of inputs and 0 of outputs\nCost {6}\$0\.0+\d+\nTime /,
    );
    expect(code).toBe(0);
    expect((await rowsIn(folder)).map(({ output }) => (output as number[]).length)).toEqual([3, 3]);
    vi.stubEnv("OPENAI_API_KEY", "");
    expect((await cli(folder, ...argv, "--overwrite")).stderr).toMatch(/^error: .*OPENAI_API_KEY/);
    // Nothing is sent.
    expect(await cli(folder, ...argv, "--overwrite", "--estimate")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Inputs {4}2\nRequests {2}1\n/),
    });
    expect(emulator.stats().requests).toBe(1);
  });

  test("another server has other results: the cache keeps them apart", async () => {
    await using first = await startEmulator({ tokens: "fast" });
    await using second = await startEmulator({ tokens: "fast" });
    vi.stubEnv("OPENAI_API_KEY", "k");
    const folder = await temporaryFolder({ "in.txt": "a cat\n" });
    for (const { openaiBaseURL } of [first, second, first]) {
      vi.stubEnv("OPENAI_BASE_URL", openaiBaseURL);
      await cli(folder, "run", "@batchwise/openai#embeddings", "in.txt", "--cache", "kept", "--quiet");
    }
    expect([first.stats().requests, second.stats().requests]).toEqual([1, 1]);
    expect(await readFile(path.join(folder, "kept", "cache.sqlite"), "latin1")).not.toMatch(/a cat/);
  });

  test("a wrong key ends it with a message that holds neither the key nor an input (P35), and --resume sends all", async () => {
    await using emulator = await startEmulator({ apiKey: "right", tokens: "fast" });
    vi.stubEnv("OPENAI_API_KEY", "secret-key");
    vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
    const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
    const argv = ["run", "@batchwise/openai#embeddings", "in.jsonl", "-o", "out.jsonl", "--resume"];
    const { code, stderr } = await cli(folder, ...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: Expected an answer from the provider, got status 401 .*Check OPENAI_API_KEY/m);
    expect(stderr).not.toMatch(/secret-key|text 0/);
    expect(await rowsIn(folder)).toEqual([]);
    vi.stubEnv("OPENAI_API_KEY", "right");
    expect((await cli(folder, ...argv)).code).toBe(0);
    expect(await rowsIn(folder)).toHaveLength(3);
  });

  test("through faults of every kind, with a line between that is not an input: each row its own", async () => {
    await using emulator = await startEmulator({
      seed: 3,
      tokens: "fast",
      faults: {
        serverErrorRate: 0.1,
        resetRate: 0.1,
        cutBodyRate: 0.1,
        shuffleRate: 0.5,
        rateLimitRate: 0.1,
        retryAfterMs: 20,
        badInput: { marker: "BAD", named: false },
      },
    });
    await using calm = await startEmulator({ tokens: "fast" });
    const lines = textLines(120, (at) => (at % 40 === 7 ? `BAD ${at}` : `text ${at}`)).split("\n");
    const folder = await temporaryFolder({ "in.jsonl": lines.toSpliced(5, 0, "no JSON").join("\n") });
    const adapter = (baseURL: string): OpenAIEmbeddings =>
      new OpenAIEmbeddings({
        apiKey: "k",
        baseURL,
        dimensions: 4,
        request: { maxInputs: 10 },
        retry: { attempts: 20, minDelayMs: 1 },
      });
    const { result } = await start(folder, adapter(emulator.openaiBaseURL), { output: "out.jsonl" });
    const rows = await rowsIn(folder);
    expect(rows.filter(({ error }) => error !== undefined).map(({ index }) => index)).toEqual([5, 8, 48, 88]);
    expect(result).toMatchObject({ answered: 117, failed: 4, failures: { invalid_input: 4 } });
    expect(exitCodeOf(result)).toBe(1);
    await start(folder, adapter(calm.openaiBaseURL), { output: "calm.jsonl" });
    const expected = await rowsIn(folder, "calm.jsonl");
    for (const { index, output } of rows.filter((row) => row.error === undefined)) {
      expect(output).toEqual(expected[index]?.output);
    }
  });
});

test("Cohere's rerank: a query and its documents on each line, scores on each row", async () => {
  await using emulator = await startEmulator();
  const questions = [
    { id: "q1", query: "a cat", documents: ["a dog", "a cat", "income tax"] },
    { id: "q2", query: "tax", documents: [] },
  ];
  const folder = await temporaryFolder({ "in.jsonl": questions.map((each) => `${JSON.stringify(each)}\n`).join("") });
  const rerank = new CohereRerank({ model: "rerank-v3.5", apiKey: "k", baseURL: emulator.cohereBaseURL });
  const { stdout } = await start(folder, rerank, { keep: ["id"] }, { kind: "rerank" });
  const [first, second] = rowsOf(stdout);
  expect(first).toMatchObject({
    index: 0,
    id: "q1",
    output: { length: 3, 0: { score: expect.any(Number) as unknown } },
  });
  expect(second).toMatchObject({ index: 1, id: "q2" });
});

test("lists fit a narrow terminal, and break between words", async () => {
  const folder = await project();
  const shown = async (columns: number | undefined, ...argv: readonly string[]): Promise<string> => {
    const stdout = Object.assign(new Memory(), { columns });
    expect(await runCommandLine(["adapters", ...argv], { folder, stdout, stderr: new Memory() })).toBe(0);
    return stdout.text;
  };
  for (const argv of [[], ["acme-letters#options"], ["@batchwise/openai#chat"]]) {
    const whole = await shown(undefined, ...argv);
    expect(whole).not.toContain("NaN");
    for (const columns of [32, 40, 80, 200]) {
      const text = await shown(columns, ...argv);
      expect(text.split(/\s+/)).toEqual(whole.split(/\s+/));
      // A word by itself is not cut.
      expect(text.split("\n").filter((line) => line.length > columns && /\S\s+\S/.test(line))).toEqual([]);
    }
  }
});
