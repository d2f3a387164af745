import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { type CallOptions, ProviderError, ResultError, Runnable, runnable } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { brokenRunnables } from "./broken/index.ts";
import { FillsInDefaults, type Prompt, QuotesInCause, QuotesInField } from "./broken/manners.ts";
import { checkLaws } from "./check-laws.ts";
import { conformance, type ConformanceOptions } from "./conformance.ts";
import { DefaultRunnable, exemplars, type MakeRunnable } from "./exemplars.ts";
import { LawError } from "./law.ts";
import type { LawNumber } from "./law-number.ts";
import { recorder } from "./recorder.fixture.ts";
import type { ScriptedBackend } from "./scripted-backend.ts";
import type { Control } from "./subject.ts";

const shouting: ConformanceOptions<string, string> = {
  create: ({ backend }) => new DefaultRunnable(backend),
  inputs: ["a", "b", "c", "d", "e", "f"],
  answer: (text) => text.toUpperCase(),
};

/** Faults that an HTTP adapter may have. */
interface Faults {
  readonly keepsSignal?: boolean;
  readonly retryDelayMs?: number;
  readonly repeatsWords?: boolean;
  readonly keepsUsage?: boolean;
}

interface Answer {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage: { readonly tokens: number };
}

/** Embeddings over HTTP, as an adapter for a real provider has them. */
class HttpEmbeddings extends Runnable<string, Float32Array> {
  override readonly settings = { request: { maxInputs: 4 } };
  readonly #fetch: typeof fetch;
  readonly #faults: Faults;

  constructor(options: { readonly fetch: typeof fetch; readonly faults?: Faults }) {
    super();
    this.#fetch = options.fetch;
    this.#faults = options.faults ?? {};
  }

  async invoke(input: string, options: CallOptions = {}): Promise<Float32Array> {
    const [vector] = await this.invokeMany([input], options);
    return vector as Float32Array;
  }

  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<Float32Array[]> {
    const { data, usage } = await this.#post(inputs, this.#faults.keepsSignal === true ? {} : options);
    if (this.#faults.keepsUsage !== true) options.report?.({ usage: { inputTokens: usage.tokens } });
    const vectors = new Map(data.map((each) => [each.index, Float32Array.from(each.embedding)]));
    const right = data.length === inputs.length && inputs.every((_, index) => vectors.has(index));
    if (!right) throw new ResultError(`Expected ${inputs.length} vectors, each with its index, got others.`);
    return inputs.map((_, index) => vectors.get(index) as Float32Array);
  }

  async #post(inputs: readonly string[], { signal }: CallOptions): Promise<Answer> {
    const { retryDelayMs, repeatsWords } = this.#faults;
    const body = JSON.stringify({ input: inputs });
    const request = { method: "POST", body, signal: signal ?? null };
    let response = await this.#fetch("http://127.0.0.1/embeddings", request);
    if (response.status >= 500 && retryDelayMs !== undefined) {
      await new Promise((resolve) => {
        setTimeout(resolve, retryDelayMs);
      });
      response = await this.#fetch("http://127.0.0.1/embeddings", request);
    }
    if (response.ok) return (await response.json()) as Answer;
    const { status } = response;
    const words = repeatsWords === true ? await response.text() : "It is not said why.";
    throw new ProviderError(`Expected an answer, got status ${status}. ${words}`, { status, retryable: status >= 500 });
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
        usage: { tokens: input.length },
      });
    } catch (error) {
      if (!ProviderError.isInstance(error)) throw error;
      return Response.json({ error: error.message }, { status: error.status ?? 500 });
    }
  };
}

const overHttp = (faults: Faults): ConformanceOptions<string, Float32Array, number[]> => ({
  inputs: ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"],
  answer: (text) => [text.length, 0.5],
  create: ({ backend }) => new HttpEmbeddings({ fetch: serve(backend), faults }),
  expected: (text) => Float32Array.of(text.length, 0.5),
  skip: { L14: "a vector is never undefined" },
});

await conformance({
  name: "conformance, with vitest found: an adapter over HTTP keeps the laws",
  ...overHttp({}),
});

describe("a sabotage turns its law red in the whole suite, and no other law", () => {
  const shout = (make: MakeRunnable): ConformanceOptions<string, string> => ({
    ...shouting,
    inputs: ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"],
    create: ({ backend }) => make(backend),
  });
  const prompts: ConformanceOptions<Prompt, string> = {
    inputs: ["a", "b", "c", "d", "e", "f"].map((text) => ({ text })),
    answer: ({ text }) => text.toUpperCase(),
    create: ({ backend }) => new FillsInDefaults(backend),
  };
  it.for<[fault: string, law: LawNumber, options: ConformanceOptions<any, any, any>]>([
    ["keeps the signal, over HTTP", "L15", overHttp({ keepsSignal: true })],
    ["quotes inputs in a cause", "L17", shout((backend) => new QuotesInCause(backend))],
    ["quotes inputs in a field", "L17", shout((backend) => new QuotesInField(backend))],
    ["repeats the provider's words, over HTTP", "L17", overHttp({ repeatsWords: true })],
    ["changes what lies inside of an input", "L9", prompts],
    ["keeps the usage, over HTTP", "L18", overHttp({ keepsUsage: true })],
  ])("%s", async ([, law, options]) => {
    const red = await redTests(options);
    expect([...red.keys()]).toEqual([law]);
    expect((red.get(law) as Error).message).toMatch(new RegExp(`, got .+\\. To keep ${law}: .+\\.$`));
    expect(inspect(red.get(law))).toContain(`To keep ${law}: `);
  });

  /** Faults that show in more than one way: an override of `batch` that knows no cap knows no abort either. */
  const many = new Set<LawNumber>(["L1", "L2", "L4", "L7", "L10", "L11", "L12"]);

  it.each(Object.entries(brokenRunnables) as [LawNumber, MakeRunnable][])("brokenRunnables.%s", async (law, make) => {
    const red = await redIn(shout(make));
    expect(many.has(law) ? red.filter((each) => each === law) : red).toEqual([law]);
  });

  it("one that tries again in real time is waited for, and told what it did", async () => {
    const red = await redTests(overHttp({ retryDelayMs: 20 }));
    // Its call is one too many for these laws too, where it is made while they watch: on a busy machine.
    expect([...red.keys()].filter((law) => law !== "L7" && law !== "L12")).toEqual(["L16"]);
    expect(red.get("L16")).toHaveProperty(
      "message",
      "invoke, an outage: expected 1 input at the backend, got 2. " +
        "To keep L16: switch the SDK's retries off (`maxRetries: 0`), and throw what failed: the engine tries again.",
    );
  });

  it("what cannot be seen has to be declared", async () => {
    const inputs = Array.from({ length: 6 }, (_, index) => new Uint8Array([index]));
    const create = ({ backend }: Control<Uint8Array, number>): Runnable<Uint8Array, number> =>
      runnable(async (bytes, options) => only(await backend.call([bytes], options)));
    const options = { inputs, answer: ([byte]: Uint8Array) => byte!, create };
    const red = await redTests(options);
    expect([...red.keys()]).toEqual(["L17"]);
    expect(red.get("L17")).toHaveProperty(
      "message",
      "the inputs: expected a text or number in each that no other has, to be looked for in errors, " +
        "got inputs without any (declare it in `skip.L17`). To keep L17: say its kind, its size and its place in the " +
        "request; leave out the provider's words, which may quote.",
    );
    expect(await redIn({ ...options, skip: { L17: "bytes are never written into an error" } })).toEqual([]);
  });
});

/** Numbers of the laws that are red when the suite runs as in a runner: every test once, in order, on one subject. */
async function redIn<Input, Output, Answer>(options: ConformanceOptions<Input, Output, Answer>): Promise<string[]> {
  return [...(await redTests(options)).keys()];
}

async function redTests<Input, Output, Answer>(
  options: ConformanceOptions<Input, Output, Answer>,
): Promise<Map<string, unknown>> {
  const { runner, redIn: run } = recorder();
  await conformance({ ...options, runner });
  return run();
}

describe("conformance", () => {
  it("registers one test a law, titled with its number", async () => {
    const { runner, tests, suites } = recorder();
    await conformance({ ...shouting, runner });
    expect(suites).toEqual(["the laws of a Runnable"]);
    expect(tests.map((each) => each.name.split(" ")[0])).toEqual(
      Array.from({ length: 18 }, (_, index) => `L${index + 1}`),
    );
    expect(tests.every((each) => !each.skipped)).toBe(true);
  });

  it("registers before it returns where a runner is given", () => {
    const { runner, tests } = recorder();
    void conformance({ ...shouting, runner });
    expect(tests).toHaveLength(18);
  });

  it("lists what is declared not to apply, with the reason", async () => {
    const { runner, tests } = recorder();
    await conformance({ ...shouting, runner, skip: { L14: "texts are never undefined" } });
    expect(tests.filter((each) => each.skipped).map((each) => each.name)).toEqual([
      "L14 undefined is a legitimate output (does not apply: texts are never undefined)",
    ]);
  });

  it("lists the laws that watch calls where there is no backend to watch, and runs the others", async () => {
    const { runner, tests } = recorder();
    const { answer: _, ...rest } = shouting;
    await conformance({
      ...rest,
      create: () => new InProcess(),
      runner,
      unobserved: "the work is done in process",
      skip: { L18: "nothing is used" },
    });
    const skipped = tests.filter((each) => each.skipped).map((each) => each.name.split(" ")[0]);
    expect(skipped).toEqual(["L6", "L7", "L8", "L10", "L11", "L12", "L13", "L14", "L15", "L16", "L17", "L18"]);
    for (const test of tests) {
      if (!test.skipped) await test.body();
    }
  });

  it("waits in real time for what neither the backend nor the clock can bring on, where it is told to", async () => {
    const { answer: _, ...rest } = shouting;
    const unobserved = "the work is done by the file system";
    const subject = { ...rest, create: () => new ReadsFile(), unobserved, skip: { L18: "nothing is used" } };
    const statuses = (await checkLaws({ ...subject, patienceMs: 5000 })).map((report) => report.status);
    expect(statuses.filter((status) => status === "kept")).toHaveLength(6);
    expect(statuses).not.toContain("broken");
    const impatient = await checkLaws(subject);
    expect(impatient[0]).toMatchObject({ status: "broken", error: { message: expect.stringContaining("a deadlock") } });
  });

  it("an undeclared gap fails", async () => {
    const { runner, tests } = recorder();
    await conformance({ ...shouting, runner, create: () => new InProcess() });
    const l13 = tests.find((each) => each.name.startsWith("L13"));
    await expect(l13?.body()).rejects.toThrow("expected a call to answer wrongly, got none.");
  });

  it("a broken law fails its test, and says what was expected and what was got", async () => {
    const { runner, tests } = recorder();
    await conformance({
      ...shouting,
      runner,
      create: ({ backend }) => brokenRunnables.L2(backend),
    });
    const failure: unknown = await tests[1]?.body().catch((error: unknown) => error);
    expect(LawError.isInstance(failure)).toBe(true);
    expect((failure as Error).message).toBe(
      "batch, 6 inputs whose calls end in reverse order: expected the output of input 0 in slot 0, got another value. " +
        "To keep L2: put each output into its own input's slot, whenever it arrives.",
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
    expect(stdout).toContain("# pass 17");
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

function only(answers: readonly (number | Error)[]): number {
  const [answer] = answers;
  if (answers.length === 1 && typeof answer !== "object") return answer as number;
  throw answer instanceof Error ? answer : new ResultError(`Expected one answer, got ${answers.length}.`);
}
