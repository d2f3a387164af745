import { describe, expect, test } from "vitest";
import { numberedNotes, newCache, temporaryFolder } from "./testing/folder.ts";
import { expectNoKey, useProviders } from "./testing/providers.ts";
import { start } from "./testing/start.ts";

describe("--offline", () => {
  const providers = useProviders();

  test("documents go through a job and questions live; its cost is printed before", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(5) });
    const argv = ["--dir", dir, "--cache", await newCache(), "--embed", "openai", "--offline"];
    const run = await start([...argv, "what is number 2?"], { environment: providers.environment });
    expect(run.notes).toMatch(
      /Estimate +5 texts to embed in 1 offline job, instead of \$[\d.]+ live: at most [\d,]+ tokens, \$[\d.]+/,
    );
    expect(run.notes).toMatch(/Job +created \S+/);
    expect(run.notes).toMatch(/Job +ended \S+/);
    expect(run.code).toBe(0);
    expect(run.notes).toContain("5 texts embedded");
    expectNoKey(run);
    const paths = providers.sent.map(({ path }) => path);
    expect(paths.filter((path) => path === "/v1/embeddings")).toHaveLength(1);
    expect(paths.filter((path) => path === "/v1/batches")).toHaveLength(1);
    // A second start has everything.
    const again = await start([...argv, "what is number 2?"], { environment: providers.environment });
    expect(again.notes).toContain("nothing new");
    expect(again.notes).not.toContain("offline job");
  });

  test("stopped at once, the job continues, and the same command finds it again", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(5) });
    const argv = ["--dir", dir, "--cache", await newCache(), "--embed", "openai", "--offline", "what is number 2?"];
    const [drain, stop] = [new AbortController(), new AbortController()];
    // The first request about the job after its creation is a poll.
    providers.onRequest = () => {
      if (!providers.sent.at(-1)?.path.startsWith("/v1/batches/")) return;
      drain.abort(new Error("stop"));
      stop.abort(new Error("stop"));
    };
    const signals = { drain: drain.signal, signal: stop.signal };
    const stopped = await start(argv, { environment: providers.environment, ...signals });
    expect(stopped.code).toBe(130);
    expect(stopped.notes).toMatch(/Job +created \S+/);
    expect(stopped.notes).toContain("Stopped with 0 of 5 passages ready and saved.");

    providers.onRequest = undefined;
    const again = await start(argv, { environment: providers.environment });
    expect(again.code).toBe(0);
    expect(again.notes).toMatch(/Job +reattached \S+/);
    expect(again.notes).toContain("5 texts embedded");
    expect(providers.sent.filter(({ path }) => path === "/v1/batches")).toHaveLength(1);
  });

  test("--max-cost caps the jobs before anything is sent", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(5) });
    const argv = ["--dir", dir, "--cache", await newCache(), "--embed", "openai", "--offline"];
    const run = await start([...argv, "--max-cost", "0.0000001", "q?"], { environment: providers.environment });
    expect(run.code).toBe(1);
    expect(run.notes).toMatch(
      /error: Expected the batch to stay within `maxCost` \(1e-7\), got a call that may take \S+ where 1e-7 is left/,
    );
    expect(providers.sent).toEqual([]);
  });

  test("an embedder without offline jobs is an error", async () => {
    const dir = await temporaryFolder({ "notes.md": numberedNotes(2) });
    const run = await start(["--dir", dir, "--cache", await newCache(), "--offline", "q?"]);
    expect(run.code).toBe(1);
    expect(run.notes).toMatch(/error: Expected `runnable` to be a Runnable with offline jobs/);
  });
});
