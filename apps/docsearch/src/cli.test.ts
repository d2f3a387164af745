import { spawn } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { numberedNotes, newCache, temporaryFolder, writeFiles } from "./testing/folder.ts";
import { start } from "./testing/start.ts";

// A safeguard, not a measure: a process is started, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const NOTES = {
  "birds.md":
    "# Birds\n\nParrots repeat the words that they hear.\n\n## Crows\n\nCrows remember faces for many years.\n",
  "tax.txt": "The declaration is due at the end of May.\n",
};

describe("a folder of text", () => {
  test("is indexed and searched, and a second start embeds only the question", async () => {
    const dir = await temporaryFolder(NOTES);
    const cache = await newCache();
    const before = await readdir(dir);
    const first = await start(["--dir", dir, "--cache", cache, "which birds remember faces?"]);
    expect(first.code).toBe(0);
    expect(first.results).toContain("1. birds.md:7");
    expect(first.results).toContain("Crows remember faces for many years.");
    expect(first.notes).toContain("3 texts embedded");

    const second = await start(["--dir", dir, "--cache", cache, "which birds remember faces?"]);
    expect(second.embedder.texts).toEqual(["which birds remember faces?"]);
    expect(second.results).toBe(first.results);
    expect(await readdir(dir)).toEqual(before);
  });

  test("that has changed: only new texts are embedded", async () => {
    const dir = await temporaryFolder(NOTES);
    const cache = await newCache();
    await start(["--dir", dir, "--cache", cache, "faces"]);
    await writeFiles(dir, { "tax.txt": "The declaration was moved to the end of July.\n" });
    const again = await start(["--dir", dir, "--cache", cache, "when is it due?"]);
    expect(again.embedder.texts).toEqual(["tax\nThe declaration was moved to the end of July.", "when is it due?"]);
  });

  test("without a question the command to ask is shown, and with --compare the strategies before", async () => {
    const flags = ["--dir", await temporaryFolder(NOTES), "--cache", await newCache()];
    const { code, results } = await start(flags);
    expect(code).toBe(0);
    expect(results).toContain("npm start -- ");
    expect(results).not.toContain("strategies");
    const { results: compared } = await start([...flags, "--compare"]);
    expect(compared).toMatch(/default: one call after another +3 /);
    expect(compared).toMatch(/bulk: many texts a call +2 /);
    expect(compared).toContain("All three gave the same vectors");
    expect(Math.max(...compared.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("words without quotes are one question, and arguments with spaces are several", async () => {
    const folders = ["--dir", await temporaryFolder(NOTES), "--cache", await newCache()];
    expect((await start([...folders, "which", "bird", "repeats"])).results).toContain("which bird repeats\n");
    const { results, notes } = await start([...folders, "--json", "--top", "1", "which bird", "which day"]);
    expect(notes).toContain("Ready");
    expect(JSON.parse(results)).toMatchObject([
      { question: "which bird", hits: [{ passage: { document: "birds.md" } }] },
      { question: "which day", hits: [{ passage: {} }] },
    ]);
  });

  test("a passage that the model refuses is reported with its file, and the rest is searched", async () => {
    const dir = await temporaryFolder({
      ...NOTES,
      "bad.md": "\nThere is some REFUSED in this one.\n",
    });
    const { code, notes, results } = await start(["--dir", dir, "--cache", await newCache(), "faces"]);
    expect(code).toBe(0);
    expect(notes).toContain("bad.md:2 Expected a text without REFUSED, got one with it.");
    expect(results).toContain("birds.md");
  });

  test("a file that is not text is named with the reason, and the rest is searched", async () => {
    const dir = await temporaryFolder(NOTES);
    await writeFile(path.join(dir, "old.txt"), Buffer.from("Größe", "latin1"));
    await writeFile(path.join(dir, "picture.md"), Buffer.alloc(9));
    const { code, notes } = await start(["--dir", dir, "--cache", await newCache(), "faces"]);
    expect(code).toBe(0);
    expect(notes).toMatch(/Documents +2 of 4 files/);
    expect(notes).toContain("left out: 2 unreadable");
    expect(notes).toContain("old.txt: Expected text in UTF-8, got another encoding, such as Latin-1.");
    expect(notes).toContain("picture.md: Expected text in UTF-8, got binary data, or UTF-16 without its mark.");
  });

  test("--model chooses the small model of this process", async () => {
    const folders = ["--dir", await temporaryFolder(NOTES), "--cache", await newCache()];
    expect((await start([...folders, "faces"])).embedder.options).toEqual([{ model: "all-MiniLM-L6-v2" }]);
    const small = "universal-sentence-encoder-lite";
    expect((await start([...folders, "--model", small, "faces"])).embedder.options).toEqual([{ model: small }]);
  });

  test("--limit searches the first passages only, and says so", async () => {
    const { notes, embedder } = await start([
      "--dir",
      await temporaryFolder(NOTES),
      "--cache",
      await newCache(),
      "--limit",
      "1",
      "faces",
    ]);
    expect(notes).toContain("2 more beyond --limit");
    expect(embedder.texts).toHaveLength(2);
  });
});

describe("Ctrl-C", () => {
  test("saves what is in flight, says how to resume, exits with 130, and loses nothing", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(9) });
    const cache = await newCache();
    const argv = ["--dir", dir, "--cache", cache, "what is number 3?"];
    const { code, output } = await startAndInterrupt(argv);
    expect(code).toBe(130);
    expect(output).toContain("Stopping: finishing what is in flight");
    expect(output).toContain("Stopped with 4 of 9 passages ready and saved");

    const { embedder, code: second } = await start(argv);
    expect(second).toBe(0);
    expect(embedder.texts).toHaveLength(5 + 1);
  });

  test("before anything was embedded ends as well", async () => {
    const drain = AbortSignal.abort(new Error("stop"));
    const { code, embedder } = await start(
      ["--dir", await temporaryFolder(NOTES), "--cache", await newCache(), "faces"],
      { drain },
    );
    expect(code).toBe(130);
    expect(embedder.texts).toEqual([]);
  });
});

describe("errors", () => {
  test.each([
    [
      ["--dir", "/there/is/no/such/folder"],
      /^error: Expected a folder to search, got \/there\/is\/no\/such\/folder, which is not one/,
    ],
    [["--limit", "none"], /^error: option '--limit <passages>' argument 'none' is invalid/],
    [["--nonsense"], /^error: unknown option '--nonsense'/],
    [["--json"], /^error: Expected a question to answer with --json/],
    [["--embed", "unknown"], /^error: Expected local, openai, cohere or <package>#<adapter> with --embed/],
    [["--rerank", "openai"], /^error: Expected cohere or <package>#<adapter> with --rerank/],
    [["--model", "any"], /^error: Expected a --model that @batchwise\/local has, got another/],
    [["--embed-options", "1"], /^error: Expected options as an object in JSON, got/],
    [["--max-cost", "much"], /^error: option '--max-cost <dollars>' argument 'much' is invalid/],
  ])("%j: one clear line and exit code 1", async (argv, message) => {
    const { code, notes } = await start(argv);
    expect(code).toBe(1);
    expect(notes).toMatch(message);
    expect(notes.trim().split("\n")).toHaveLength(1);
  });

  test("an empty folder says what to do", async () => {
    const { code, notes } = await start(["--dir", await temporaryFolder(), "--cache", await newCache(), "faces"]);
    expect(code).toBe(1);
    expect(notes).toMatch(/got none among 0 text files. Choose another folder with --dir/);
  });

  test("a stack is printed only with --debug", async () => {
    expect((await start(["--dir", "/nowhere", "--debug"])).notes).toMatch(/\n +at /);
  });

  test("--help shows examples and exits with 0", async () => {
    const { code, results } = await start(["--help"]);
    expect(code).toBe(0);
    expect(results).toContain("Examples:");
    for (const name of [
      "--embed",
      "--rerank",
      "--max-cost",
      "--offline",
      "--compare",
      "--cache ",
      "OPENAI_API_KEY",
      "CO_API_KEY",
    ]) {
      expect(results).toContain(name);
    }
  });
});

/** Runs the command line in its own process and sends Ctrl-C while its second request is in flight. */
function startAndInterrupt(argv: readonly string[]): Promise<{ code: number | null; output: string }> {
  const script = path.join(import.meta.dirname, "testing", "interrupted-cli.ts");
  const child = spawn(process.execPath, ["--conditions=@batchwise/source", script, ...argv]);
  let output = "";
  let pressed = false;
  const read = (chunk: Buffer): void => {
    output += chunk.toString();
    if (!pressed && output.includes("second request is in flight")) {
      pressed = true;
      child.kill("SIGINT");
    }
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
