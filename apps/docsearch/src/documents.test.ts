import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
// The queue's own tests have a PostgreSQL from npm, which is not published.
import { startPostgres } from "../../../packages/executors/queue/src/testing/postgres.ts";
import { numberedNotes, temporaryFolder } from "./testing/folder.ts";
import { expectNoKey, useProviders } from "./testing/providers.ts";
import { start } from "./testing/start.ts";

describe("--offline", () => {
  const providers = useProviders();

  test("documents go through a job and questions live; its cost is printed before", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(5) });
    const argv = ["--dir", dir, "--cache-dir", await temporaryFolder(), "--embed", "openai", "--offline"];
    const run = await start([...argv, "what is number 2?"], { environment: providers.environment });
    expect(run.notes).toMatch(/Offline +1 job, at most [\d,]+ tokens, \$[\d.]+ instead of \$[\d.]+/);
    expect(run.notes).toMatch(/Job +\S+ created, 5 texts/);
    expect(run.notes).toMatch(/Job +ended, 5 of 5 texts answered, \$/);
    expect(run.code).toBe(0);
    expect(run.notes).toContain("5 texts embedded");
    expectNoKey(run);
    const paths = providers.sent.map(({ path }) => path);
    expect(paths.filter((path) => path === "/v1/embeddings")).toHaveLength(1);
    expect(paths.filter((path) => path === "/v1/batches")).toHaveLength(1);
    // A second start has everything.
    const again = await start([...argv, "what is number 2?"], { environment: providers.environment });
    expect(again.notes).toContain("nothing new");
    expect(again.notes).not.toContain("Offline");
  });

  test("--max-cost caps the jobs before anything is sent", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(5) });
    const argv = ["--dir", dir, "--cache-dir", await temporaryFolder(), "--embed", "openai", "--offline"];
    const run = await start([...argv, "--max-cost", "0.0000001", "q?"], { environment: providers.environment });
    expect(run.code).toBe(1);
    expect(run.notes).toMatch(
      /error: Expected jobs within what --max-cost leaves \(\$\S+\), got at most \$\S+\. Nothing was sent/,
    );
    expect(providers.sent).toEqual([]);
  });

  test("an embedder without offline jobs is an error", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(2) });
    const run = await start(["--dir", dir, "--cache-dir", await temporaryFolder(), "--offline", "q?"]);
    expect(run.code).toBe(1);
    expect(run.notes).toMatch(/error: Expected an adapter with offline jobs with --offline/);
  });
});

describe("--workers", () => {
  const providers = useProviders();

  test("with a database, processes embed the documents, and end", { timeout: 120_000 }, async () => {
    await using postgres = await startPostgres();
    const dir = await temporaryFolder({ "notes.md": numberedNotes(9) });
    const flags = ["--dir", dir, "--cache-dir", await temporaryFolder(), "--embed", "openai", "--workers", "2"];
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const conditions = process.env["BATCHWISE_TEST_DIST"] === undefined ? ["--conditions=@batchwise/source"] : [];
    const child = spawn(process.execPath, [...conditions, main, ...flags, "what is number 2?"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...providers.environment, DATABASE_URL: postgres.url },
    });
    // Both streams end once no process holds them, the workers included.
    const ended = once(child, "close");
    const [results, notes, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    expect(notes).toMatch(/Workers +2 processes on the database in DATABASE_URL/);
    expect(notes).toContain("9 texts embedded");
    expect(results).toContain("number 2");
    expect(code).toBe(0);
    expectNoKey({ notes, results });
  });

  test("a database that cannot be reached is reported once, and blames no passage", { timeout: 60_000 }, async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(3) });
    const argv = ["--dir", dir, "--cache-dir", await temporaryFolder(), "--workers", "2", "q?"];
    const environment = { DATABASE_URL: "postgres://user:password@127.0.0.1:1/nowhere" };
    const { code, notes, embedder } = await start(argv, { environment });
    expect(code).toBe(1);
    expect(notes).toMatch(/error: Expected the queue's database to be reachable, got .*\(ECONNREFUSED\) for \d+ s\./);
    expect(notes).not.toMatch(/notes\.md|password/);
    expect(embedder.texts).toEqual([]);
  });

  test("without a database, workers of this process embed the documents", { timeout: 120_000 }, async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(7) });
    const argv = ["--dir", dir, "--cache-dir", await temporaryFolder(), "--workers", "2", "what is number 2?"];
    const { code, notes, embedder } = await start(argv);
    expect(notes).toMatch(/Workers +2 workers in this process; set DATABASE_URL/);
    expect(notes).toContain("7 texts embedded");
    expect(code).toBe(0);
    expect(embedder.texts).toHaveLength(7 + 1);
  });

  test("not together with --offline, and only in whole numbers", async () => {
    const both = await start(["--workers", "2", "--offline", "q?"]);
    expect(both.notes).toMatch(/error: Expected --offline or --workers, got both/);
    expect((await start(["--workers", "0"])).notes).toMatch(/Give a whole number from 1/);
  });
});
