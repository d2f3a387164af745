import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { numberedNotes, newCache, temporaryFolder } from "./testing/folder.ts";
import { LETTERS, projectWith } from "./testing/plugins.ts";
import { start, type Started } from "./testing/start.ts";

// A safeguard, not a measure: SDKs are loaded, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const recorder = globalThis as { embeddedLetters?: [purpose: string, ...texts: string[]][] | undefined };
beforeEach(() => {
  recorder.embeddedLetters = [];
});
afterEach(() => {
  recorder.embeddedLetters = undefined;
});

const NAME = "acme-letters#embeddings";

/** Flags for a folder of `count` passages, and a new index. */
async function notes(count: number): Promise<string[]> {
  const dir = await temporaryFolder({ "notes.md": numberedNotes(count) });
  return ["--dir", dir, "--cache", await newCache()];
}

/** Runs the command line in a project with the plugin. */
async function ask(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Started> {
  const workingFolder = await projectWith({ "acme-letters": LETTERS });
  return start(argv, { workingFolder, environment });
}

describe("--embed <package>#<adapter>", () => {
  test("embeds with a plugin from the user's node_modules, and in a second start only the question", async () => {
    const argv = [...(await notes(3)), "--embed", NAME, "what is number 2?"];
    const first = await ask(argv);
    expect(first.notes).not.toContain("error");
    expect(first.code).toBe(0);
    expect(first.notes).toContain(`${NAME}, by acme-letters`);
    expect(first.notes).toContain("3 texts embedded");
    expect(first.notes).not.toMatch(/Estimate|Used/);
    expect(first.results).toContain("1. notes.md:");
    expect(first.embedder.texts).toEqual([]);

    recorder.embeddedLetters = [];
    const second = await ask(argv);
    expect(second.results).toBe(first.results);
    expect(recorder.embeddedLetters).toEqual([["query", "what is number 2?"]]);
  });

  test("P10 passages are embedded as documents, and questions as queries", async () => {
    await ask([...(await notes(2)), "--embed", NAME, "what is number 1?"]);
    expect(recorder.embeddedLetters?.map(([purpose, ...texts]) => [purpose, texts.length])).toEqual([
      ["document", 2],
      ["query", 1],
    ]);
  });

  test("the strategies are compared with it, though its core is another copy than docsearch's", async () => {
    const { notes: said, results } = await ask([...(await notes(3)), "--embed", NAME, "--compare"]);
    expect(said).not.toContain("error");
    expect(results).toMatch(/default: one call after another +3 /);
    expect(results).toContain("All three gave the same vectors");
  });

  test("--embed-options reach it, and have vectors of their own; a key does not", async () => {
    const folders = await notes(3);
    const flags = ["--embed", NAME, "--embed-options"];
    await ask([...folders, "--embed", NAME, "number"]);
    const other = await ask([...folders, ...flags, '{"letters": "xyz", "token": "SECRET-1"}', "number"]);
    expect(other.notes).toContain("3 texts embedded");
    const key = await ask([...folders, ...flags, '{"token": "SECRET-2", "letters": "xyz"}', "number"]);
    expect(key.notes).toContain("nothing new");
    expect((await readFile(folders.at(-1) ?? "")).includes("SECRET")).toBe(false);
  });

  test.each([
    [["--embed", "acme-leters#embeddings"], /^error: Expected acme-leters to be installed in .*: npm i acme-leters$/],
    [["--embed", "acme-letters#words"], /^error: Expected an adapter of the kind embeddings, got acme-letters#words/],
    [
      ["--embed", "acme-letters#none"],
      /^error: Expected acme-letters to have an adapter named none, got no such one\. It has: acme-letters#emb/,
    ],
    [["--embed", NAME, "--embed-options", "{SECRET"], /^error: Expected options as an object in JSON, got/],
    [["--embed", NAME, "--embed-options", "[]"], /^error: Expected options as an object in JSON, got/],
    [["--embed", NAME, "--embed-options", '{"leters": "SECRET"}'], /got these: there is no `leters`/],
    [["--embed", NAME, "--embed-options", '{"letters": 5}'], /`letters` must be string, got a number/],
    [["--embed", NAME, "--embed-options", '{"letters": ""}'], /^error: Expected at least one letter\.$/],
    [["--embed", NAME, "--embed-options", '{"letters": "?"}'], /to take these options, got an error \(TypeError\)/],
    [["--embed", NAME, "--model", "any"], /got these: there is no `model`/],
    [
      ["--rerank", "acme-letters#words", "--rerank-options", "null"],
      /^error: Expected options as an object in JSON, got/,
    ],
  ])("%j: one clear line, and nothing is done", async (flags, message) => {
    const folders = await notes(2);
    const { code, notes: said } = await ask([...folders, ...flags, "number"]);
    expect(code).toBe(1);
    expect(said.trim()).toMatch(message);
    expect(said.trim().split("\n")).toHaveLength(1);
    expect(said).not.toContain("SECRET");
    expect(recorder.embeddedLetters).toEqual([]);
    expect(existsSync(folders.at(-1) ?? "")).toBe(false);
  });

  test("P6 a vector of another length, with NaN, or that is none, is refused with its passage, and the rest searched", async () => {
    const code = LETTERS.replace(
      "return texts.map((text) =>",
      `return texts.map((text) => text.includes("number 1.") ? Float32Array.of(1) : text.includes("number 2.")
        ? new Float32Array(8).fill(NaN) : text.includes("number 3.") ? [1, 2, 3, 4, 5, 6, 7, 8] :`,
    );
    const workingFolder = await projectWith({ "acme-letters": code });
    const argv = [...(await notes(6)), "--embed", NAME, "what is there?"];
    const { code: exit, notes: said } = await start(argv, { workingFolder });
    expect(exit).toBe(0);
    expect(said).toContain("3 texts embedded");
    expect(said).toContain("3 passages that could not be embedded");
    for (const line of [5, 9, 13])
      expect(said).toMatch(new RegExp(`notes\\.md:${line + 2} .*expected 8 finite numbers`));
  });

  test("outputs that are no vectors at all end the run", async () => {
    const code = LETTERS.replace("Float32Array.from(", "Array.from(");
    const workingFolder = await projectWith({ "acme-letters": code });
    const { code: exit, notes: said } = await start([...(await notes(2)), "--embed", NAME, "number"], {
      workingFolder,
    });
    expect(exit).toBe(1);
    expect(said).toMatch(/^error: .*got a refusal of each: .*expected a Float32Array of finite numbers/m);
  });

  test("a broken manifest", async () => {
    const workingFolder = await projectWith({ "acme-letters": "export const adapters = [{ name: 'embeddings' }];" });
    const { code, notes: said } = await start([...(await notes(1)), "--embed", NAME, "number"], { workingFolder });
    expect(code).toBe(1);
    expect(said).toMatch(/^error: Expected acme-letters to export a valid list `adapters`, got this: .*\.kind must be/);
  });

  test("one with a key may cost money: its estimate says that the price is unknown, and no cap can hold it", async () => {
    const code = LETTERS.replace('name: "embeddings",', 'name: "embeddings", key: "ACME_KEY",');
    const workingFolder = await projectWith({ "acme-letters": code });
    const argv = [...(await notes(2)), "--embed", NAME, "number"];
    const without = await start(argv, { workingFolder });
    expect(without.code).toBe(1);
    expect(without.notes).toContain(`error: Expected a key for --embed ${NAME} in the environment variable ACME_KEY`);
    const given = await start([...argv, "--embed-options", '{"token": "k"}'], { workingFolder });
    expect(given.code).toBe(0);
    expect(given.notes).toMatch(/Estimate .* at a price that is not known here/);
    const capped = await start([...argv, "--max-cost", "1"], { workingFolder, environment: { ACME_KEY: "k" } });
    expect(capped.notes).toMatch(/^error: Expected a model with a known price for --max-cost/m);
  });
});

describe("--rerank <package>#<adapter>", () => {
  const flags = ["--rerank", "acme-letters#words"];

  test("puts the candidates into the order of its scores", async () => {
    const dir = await temporaryFolder({
      "a.md": "This file says what there is of the walrus.\n",
      "b.md": "This file says what there is of the walrus, the heron and the otter.\n",
      "c.md": "This file says what there is of the walrus and the heron.\n",
    });
    const argv = ["--dir", dir, "--cache", await newCache(), ...flags, "--json", "walrus heron otter"];
    const { results, notes: said } = await ask(argv);
    expect(said).not.toContain("error");
    const [{ hits, reranked }] = JSON.parse(results);
    expect(reranked).toBe(true);
    expect(hits.map((hit: any) => [hit.passage.document, hit.score])).toEqual([
      ["b.md", 3],
      ["c.md", 2],
      ["a.md", 1],
    ]);
  });

  test("scores of unknown documents leave the order of the search, which is reported", async () => {
    const { code, notes: said } = await ask([
      ...(await notes(3)),
      ...flags,
      "--rerank-options",
      '{"broken": true}',
      "n",
    ]);
    expect(code).toBe(0);
    expect(said).toMatch(/The question is not reranked.*Expected scores of these documents, one each, got something/);
  });
});
