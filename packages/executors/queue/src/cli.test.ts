import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runCommandLine } from "./cli.ts";
import { distribute, postgresBackend, type QueueBackend } from "./index.ts";
import { double } from "./fixtures/doubling.ts";
import { loadRunnables } from "./load-runnables.ts";
import { startPostgres, type TestPostgres } from "./testing/postgres.ts";
import { spawnWorker } from "./testing/spawn-worker.ts";
import { until } from "./testing/until.ts";

const LIMIT = { timeout: 60_000 };
const module = fileURLToPath(new URL("fixtures/doubling.ts", import.meta.url));

interface Running {
  readonly drain: AbortController;
  readonly stop: AbortController;
  readonly texts: { out: string; error: string };
  readonly code: Promise<number>;
}

function start(...argv: readonly string[]): Running {
  const drain = new AbortController();
  const stop = new AbortController();
  const texts = { out: "", error: "" };
  const code = runCommandLine(argv, {
    out: (text) => (texts.out += text),
    error: (text) => (texts.error += text),
    drain: drain.signal,
    stop: stop.signal,
  });
  return { drain, stop, texts, code };
}

describe("without a database", () => {
  test("--help shows every option and examples", async () => {
    const { code, texts } = start("--help");
    expect(await code).toBe(0);
    for (const part of ["<module>", "--dir", "--schema", "--concurrency", "--quiet", "Examples:", "Ctrl-C"]) {
      expect(texts.out).toContain(part);
    }
  });

  test.each([
    [[], "error: missing required argument 'module'"],
    [["nowhere.js"], "error: Expected the module nowhere.js to load, got ERR_MODULE_NOT_FOUND."],
    [[module, "--concurrency", "0"], "Give a whole number from 1."],
    [[module, "--nope"], "error: unknown option '--nope'"],
    [[module, "--schema", "Odd-Name"], "error: Expected `schema` to be lower-case letters"],
    [["node:os"], "Expected the module node:os to export Runnables, got none."],
  ])("%j is a clear error and exit code 1", async (argv, message) => {
    vi.stubEnv("DATABASE_URL", "postgres://user:secret@127.0.0.1:1/none");
    const { code, texts } = start(...argv);
    expect(await code).toBe(1);
    expect(texts.error).toContain(message);
    expect(texts.error).not.toContain("secret");
    vi.unstubAllEnvs();
  });

  test("without DATABASE_URL it says what to set", async () => {
    vi.stubEnv("DATABASE_URL", undefined);
    const { code, texts } = start(module);
    expect(await code).toBe(1);
    expect(texts.error).toContain("DATABASE_URL");
    vi.unstubAllEnvs();
  });

  test("the module's named exports and those of its default are taken, by name", async () => {
    const { runnables, version } = await loadRunnables(
      fileURLToPath(new URL("fixtures/both-ways.ts", import.meta.url)),
    );
    expect(Object.keys(runnables).toSorted()).toEqual(["inDefault", "named"]);
    expect(version).toBe("7");
  });
});

describe("with a database", () => {
  let postgres: TestPostgres;
  let backend: QueueBackend;
  let client: pg.Client;

  beforeAll(async () => {
    postgres = await startPostgres();
    vi.stubEnv("DATABASE_URL", postgres.url);
    backend = postgresBackend({ schema: "cli" });
    client = new pg.Client(postgres.url);
    client.on("error", () => undefined);
    await client.connect();
    await client.query("CREATE TABLE calls (input int)");
  }, 60_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await backend?.close();
    await client?.end();
    await postgres?.[Symbol.asyncDispose]();
  }, 60_000);

  test("works on submissions, prints each chunk, and ends when it is drained", LIMIT, async () => {
    const running = start(module, "--schema", "cli", "--concurrency", "2");
    const outputs = await distribute(double, { backend, name: "double", chunkSize: 2 }).batch([1, 2, 3]);
    expect(outputs).toEqual([2, 4, 6]);
    running.drain.abort();
    expect(await running.code).toBe(0);
    expect(running.texts.out).toContain("Working on double.");
    expect(running.texts.out).toContain("Ctrl-C again returns them at once.");
    expect(running.texts.out).toMatch(
      /double: 2 inputs, 0 failed, \d+m?s, answered\ndouble: 1 input, 0 failed|double: 1 input/,
    );
  });

  test("a process: Ctrl-C finishes the chunk in progress; a second one returns it at once", LIMIT, async () => {
    vi.stubEnv("PAUSE_MS", "600000");
    const stuck = spawnWorker(postgres.url, "--schema", "cli", "--quiet");
    vi.stubEnv("PAUSE_MS", "500");
    const answer = distribute(double, { backend, name: "double", chunkSize: 2 }).batch([1, 2]);
    await until(async () => (await client.query("SELECT 1 FROM calls")).rowCount === 2);
    stuck.child.kill("SIGINT");
    await until(() => stuck.output().includes("Finishing the chunks in progress"));
    // Longer than the time in which a press counts once.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await stuck.end("SIGINT")).toEqual({ code: 0, signal: null });
    const next = spawnWorker(postgres.url, "--schema", "cli", "--quiet");
    await until(async () => (await client.query("SELECT 1 FROM calls")).rowCount === 4);
    expect(await next.end("SIGINT")).toEqual({ code: 0, signal: null });
    expect(await answer).toEqual([2, 4]);
  });
});
