import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { ProviderError, ResultError, Runnable } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { brokenRunnables } from "./broken/index.ts";
import { checkLaws } from "./check-laws.ts";
import { conformance, type ConformanceOptions, type TestRunner } from "./conformance.ts";
import { DefaultRunnable, exemplars } from "./exemplars.ts";
import { LawError } from "./law.ts";
import type { ScriptedBackend } from "./scripted-backend.ts";

const shouting: ConformanceOptions<string, string> = {
  create: ({ backend }) => new DefaultRunnable(backend),
  inputs: ["a", "b", "c", "d", "e", "f"],
  answer: (text) => text.toUpperCase(),
};

/** Embeddings over HTTP, as an adapter for a real provider has them. */
class HttpEmbeddings extends Runnable<string, Float32Array> {
  override readonly settings = { request: { maxInputs: 4 } };
  readonly #fetch: typeof fetch;

  constructor(options: { readonly fetch: typeof fetch }) {
    super();
    this.#fetch = options.fetch;
  }

  async invoke(input: string, options: { readonly signal?: AbortSignal } = {}): Promise<Float32Array> {
    const [vector] = await this.invokeMany([input], options);
    return vector as Float32Array;
  }

  override async invokeMany(
    inputs: readonly string[],
    options: { readonly signal?: AbortSignal },
  ): Promise<Float32Array[]> {
    const response = await this.#fetch("http://127.0.0.1/embeddings", {
      method: "POST",
      body: JSON.stringify({ input: inputs }),
      signal: options.signal ?? null,
    });
    if (!response.ok) {
      const { status } = response;
      throw new ProviderError(`The server answered with status ${status}.`, {
        status,
        retryable: status >= 500,
      });
    }
    const { data } = (await response.json()) as { data: { index: number; embedding: number[] }[] };
    const vectors = new Map(data.map((each) => [each.index, Float32Array.from(each.embedding)]));
    const right = data.length === inputs.length && inputs.every((_, index) => vectors.has(index));
    if (!right)
      throw new ResultError(`${inputs.length} vectors were expected, each with its index; they did not come.`);
    return inputs.map((_, index) => vectors.get(index) as Float32Array);
  }
}

/** The server's side: a `fetch` whose answers come from the backend. */
function serve(backend: ScriptedBackend<string, number[]>): typeof fetch {
  return async (_url, init) => {
    const { input } = JSON.parse(init?.body as string) as { input: string[] };
    try {
      const answers = await backend.callIndexed(input, { signal: init?.signal ?? undefined });
      return Response.json({
        data: answers.map(({ index, answer }) => ({ index, embedding: answer })),
      });
    } catch (error) {
      if (ProviderError.isInstance(error)) return new Response(null, { status: error.status ?? 500 });
      throw error;
    }
  };
}

await conformance({
  name: "conformance, with vitest found: an adapter over HTTP keeps the laws",
  inputs: ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"],
  answer: (text) => [text.length, 0.5],
  create: ({ backend }) => new HttpEmbeddings({ fetch: serve(backend) }),
  expected: (text) => Float32Array.of(text.length, 0.5),
  skip: { L14: "a vector is never undefined" },
});

describe("conformance", () => {
  it("registers one test a law, titled with its number", async () => {
    const { runner, tests, suites } = record();
    await conformance({ ...shouting, runner });
    expect(suites).toEqual(["the laws of a Runnable"]);
    expect(tests.map((each) => each.name.split(" ")[0])).toEqual(
      Array.from({ length: 14 }, (_, index) => `L${index + 1}`),
    );
    expect(tests.every((each) => !each.skipped)).toBe(true);
  });

  it("registers before it returns where a runner is given", () => {
    const { runner, tests } = record();
    void conformance({ ...shouting, runner });
    expect(tests).toHaveLength(14);
  });

  it("lists what is declared not to apply, with the reason", async () => {
    const { runner, tests } = record();
    await conformance({ ...shouting, runner, skip: { L14: "texts are never undefined" } });
    expect(tests.filter((each) => each.skipped).map((each) => each.name)).toEqual([
      "L14 undefined is a legitimate output (does not apply: texts are never undefined)",
    ]);
  });

  it("lists the laws that watch calls where there is no backend to watch, and runs the others", async () => {
    const { runner, tests } = record();
    const { answer: _, ...rest } = shouting;
    await conformance({
      ...rest,
      create: () => new InProcess(),
      runner,
      unobserved: "the work is done in process",
    });
    const skipped = tests.filter((each) => each.skipped).map((each) => each.name.split(" ")[0]);
    expect(skipped).toEqual(["L6", "L7", "L8", "L10", "L11", "L12", "L13", "L14"]);
    for (const test of tests) {
      if (!test.skipped) await test.body();
    }
  });

  it("waits in real time for what neither the backend nor the clock can bring on, where it is told to", async () => {
    const { answer: _, ...rest } = shouting;
    const subject = { ...rest, create: () => new ReadsFile(), unobserved: "the work is done by the file system" };
    const statuses = (await checkLaws({ ...subject, patienceMs: 5000 })).map((report) => report.status);
    expect(statuses.filter((status) => status === "kept")).toHaveLength(6);
    expect(statuses).not.toContain("broken");
    const impatient = await checkLaws(subject);
    expect(impatient[0]).toMatchObject({ status: "broken", error: { message: expect.stringContaining("a deadlock") } });
  });

  it("an undeclared gap fails", async () => {
    const { runner, tests } = record();
    await conformance({ ...shouting, runner, create: () => new InProcess() });
    const l13 = tests.find((each) => each.name.startsWith("L13"));
    await expect(l13?.body()).rejects.toThrow("expected a call to answer wrongly, got none.");
  });

  it("a broken law fails its test, and says what was expected and what was got", async () => {
    const { runner, tests } = record();
    await conformance({
      ...shouting,
      runner,
      create: ({ backend }) => brokenRunnables.L2(backend),
    });
    const failure: unknown = await tests[1]?.body().catch((error: unknown) => error);
    expect(LawError.isInstance(failure)).toBe(true);
    expect((failure as Error).message).toBe(
      "batch, 6 inputs whose calls end in reverse order: expected the output of input 0 in slot 0, got another value.",
    );
  });

  it("runs under node:test, which it finds by itself", () => {
    const fixture = fileURLToPath(new URL("./conformance.fixture.ts", import.meta.url));
    const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];
    const environment = { ...process.env };
    // What marks a run of vitest, and of node:test, is not the child's.
    for (const name of ["VITEST", "NODE_TEST_CONTEXT", "NODE_OPTIONS"]) delete environment[name];
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...conditions, "--test", "--test-reporter=tap", fixture],
      { env: environment, encoding: "utf8" },
    );
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toContain("# pass 13");
    expect(stdout).toContain("# skipped 1");
    expect(stdout).toContain("L14 undefined is a legitimate output (does not apply: texts are never undefined)");
  });

  it("its exemplars are one for each way to write a Runnable", () => {
    expect(Object.keys(exemplars)).toHaveLength(7);
  });
});

class InProcess extends Runnable<string, string> {
  async invoke(input: string): Promise<string> {
    return input.toUpperCase();
  }
}

/** Runnable that goes through real I/O for each output, long enough to be missed by a check that doesn't wait. */
class ReadsFile extends Runnable<string, string> {
  async invoke(input: string): Promise<string> {
    for (let read = 0; read < 20; read++) await readFile(new URL(import.meta.url));
    return input.toUpperCase();
  }
}

interface Registered {
  readonly name: string;
  readonly skipped: boolean;
  readonly body: () => Promise<void>;
}

/** A runner that runs nothing and remembers what it was given. */
function record(): { runner: TestRunner; tests: Registered[]; suites: string[] } {
  const tests: Registered[] = [];
  const suites: string[] = [];
  const register =
    (skipped: boolean) =>
    (name: string, body: () => Promise<void>): void => {
      tests.push({ name, skipped, body });
    };
  const describeSuite = (name: string, body: () => void): void => {
    suites.push(name);
    body();
  };
  return {
    runner: {
      describe: describeSuite,
      it: Object.assign(register(false), { skip: register(true) }),
    },
    tests,
    suites,
  };
}
