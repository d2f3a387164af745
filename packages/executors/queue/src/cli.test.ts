import { once } from "node:events";
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

  test.each([
    [
      "a missing database",
      (url: URL) => void (url.pathname = "/missing"),
      1,
      "a server without a database of that name (3D000). Create it",
    ],
    [
      "a wrong password",
      (url: URL) => void (url.password = "wrong"),
      1,
      "a refused user or password (28P01). Correct them",
    ],
    [
      "TLS that the server has not",
      (url: URL) => url.searchParams.set("sslmode", "require"),
      1,
      "a server without TLS. Remove sslmode",
    ],
    ["no permission", (url: URL) => void (url.username = "guest"), 1, "a user without permission (42501). Let it"],
    [
      "a port without a server",
      (url: URL) => void (url.port = "1"),
      undefined,
      "reached: nothing that listens at its host and port (ECONNREFUSED). Trying again.",
    ],
    [
      "no free connection",
      (url: URL) => void (url.username = "crowded"),
      undefined,
      "reached: a server whose connections are all taken (53300). Trying again.",
    ],
  ])("a process with %s says what happened and what to do", LIMIT, async (_, change, code, message) => {
    await client.query(`
      DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guest') THEN
          CREATE ROLE guest LOGIN PASSWORD 'password';
          CREATE ROLE crowded LOGIN PASSWORD 'password' CONNECTION LIMIT 0;
        END IF;
      END $$`);
    const url = new URL(postgres.url);
    change(url);
    const worker = spawnWorker(url.href, "--schema", "cli_faults");
    const { child } = worker;
    const ended = once(child, "exit");
    await until(() => worker.output().includes("Trying again.") || child.exitCode !== null);
    expect(child.exitCode ?? undefined).toBe(code);
    child.kill("SIGKILL");
    await ended;
    expect(worker.output()).toContain(message);
    expect(worker.output()).not.toContain("Working on");
    expect(worker.output()).not.toMatch(/password@|wrong|:password|guest|crowded/);
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

  // The last ones: the test's own connection ends with its database, too.
  test("a process whose database goes away says so at once, and when it is back", LIMIT, async () => {
    const worker = spawnWorker(postgres.url, "--schema", "cli");
    await worker.working;
    await postgres.restart(() => until(() => worker.output().includes("cannot be reached: ")));
    await until(() => /The queue's database is back after [\d.ms ]+\./.test(worker.output()));
    expect(await worker.end("SIGINT")).toEqual({ code: 0, signal: null });
  });

  test("a process: the second Ctrl-C ends it at once also while its database is away", LIMIT, async () => {
    const worker = spawnWorker(postgres.url, "--schema", "cli");
    await worker.working;
    await postgres.restart(async () => {
      await until(() => worker.output().includes("cannot be reached: "));
      worker.child.kill("SIGINT");
      await until(() => worker.output().includes("Finishing the chunks in progress"));
      // Longer than the time in which a press counts once.
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(await worker.end("SIGINT")).toMatchObject({ signal: null });
    });
  });
});
