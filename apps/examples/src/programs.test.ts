import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { type Behavior, type Emulator, hashText, startEmulator } from "@batchwise/emulator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startPostgres, type TestPostgres } from "../../../packages/executors/queue/src/testing/postgres.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const APP = path.join(import.meta.dirname, "..");
const DEFAULTS: Behavior = { latency: {}, faults: {}, jobs: {}, tokens: "fast", trackInputs: true };

let emulator: Emulator;
let folder: string;
let running: ChildProcess[];
beforeAll(async () => {
  emulator = await startEmulator(DEFAULTS);
});
afterAll(() => emulator.close());
beforeEach(async () => {
  emulator.reset(DEFAULTS);
  running = [];
  folder = await mkdtemp(path.join(tmpdir(), "batchwise-examples-"));
  await copyFile(path.join(APP, "reviews.txt"), path.join(folder, "reviews.txt"));
});
afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Starts a program in the folder, with the emulator in place of the providers. */
function start(name: string, args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(
    process.execPath,
    ["--conditions=@batchwise/source", path.join(APP, "src", `${name}.ts`), ...args],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        OPENAI_API_KEY: "key",
        OPENAI_BASE_URL: emulator.openaiBaseURL,
        CO_API_KEY: "key",
        CO_API_URL: emulator.cohereBaseURL,
        ...environment,
      },
    },
  );
  running.push(child);
  const whole = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const ended = whole.then(([output, errors, [code]]): Ended => ({ code: code as number | null, output, errors }));
  return { child, ended };
}

const run = (...program: Parameters<typeof start>): Promise<Ended> => start(...program).ended;
const fileOf = (name: string): Promise<string> => readFile(path.join(folder, name), "utf8");
/** Texts that the emulator has charged, each as often as it was. */
const charged = (): number =>
  Object.values(emulator.stats().inputs ?? {}).reduce((sum, { charged: times }) => sum + times, 0);

describe("the page and the programs", () => {
  const programs = globSync("*.ts", { cwd: import.meta.dirname, exclude: ["*.test.ts"] }).toSorted();
  const names = programs.map((file) => path.basename(file, ".ts"));

  test("are eight, each with a row of the README and a command", () => {
    const rows = [...readFileSync(path.join(APP, "README.md"), "utf8").matchAll(/^\| \[`([\w-]+)`\]/gm)];
    expect(rows.map(([, name = ""]) => name).toSorted()).toEqual(names);
    const { scripts } = JSON.parse(readFileSync(path.join(APP, "package.json"), "utf8")) as {
      readonly scripts: object;
    };
    const commands = names.map((name) => [name, `node --conditions=@batchwise/source src/${name}.ts`]);
    expect(scripts).toMatchObject(Object.fromEntries(commands));
    expect(names).toHaveLength(8);
  });

  test.for(programs)("%s is 20 to 40 lines, and stands alone", (file) => {
    const source = readFileSync(path.join(import.meta.dirname, file), "utf8");
    const lines = source.split("\n").filter((line) => line.trim() !== "").length;
    expect(lines).toBeGreaterThanOrEqual(20);
    expect(lines).toBeLessThanOrEqual(40);
    const imported = [...source.matchAll(/from "(.*)";$/gm)].map(([, name = ""]) => name);
    expect(imported.filter((name) => !/^(node:|@batchwise\/[\w-]+$)/.test(name))).toEqual([]);
  });
});

test("embed-folder: every paragraph has a line with its file and its vector", async () => {
  await mkdir(path.join(folder, "notes"));
  await writeFile(
    path.join(folder, "notes/birds.md"),
    "# Birds\n\nCrows remember faces.\r\n\r\nParrots repeat words.\n",
  );
  await writeFile(path.join(folder, "tax.md"), "It is due in May.\n");
  expect(await run("embed-folder")).toEqual({
    code: 0,
    output: "4 paragraphs are in vectors.jsonl, 0 failed.\n",
    errors: "",
  });
  const rows = (await fileOf("vectors.jsonl"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  expect(rows.map(({ file, text: passage }) => [file.replaceAll("\\", "/"), passage.trim()])).toEqual([
    ["notes/birds.md", "# Birds"],
    ["notes/birds.md", "Crows remember faces."],
    ["notes/birds.md", "Parrots repeat words."],
    ["tax.md", "It is due in May."],
  ]);
  expect(rows.every(({ vector }) => vector.length === 512)).toBe(true);
});

interface Row {
  readonly file: string;
  readonly text: string;
  readonly vector: readonly number[];
}

test("embed-folder: a folder without Markdown is an error, and what was written before is left as it is", async () => {
  await writeFile(path.join(folder, "vectors.jsonl"), "paid\n");
  const { code, errors } = await run("embed-folder", ["nowhere"]);
  expect(code).toBe(1);
  expect(errors).toContain("Expected a folder with Markdown files, got none in nowhere.");
  expect(await fileOf("vectors.jsonl")).toBe("paid\n");
});

test("embed-folder: a paragraph that the model refuses is named with its file, and the others are kept", async () => {
  await writeFile(path.join(folder, "empty.md"), "");
  await writeFile(path.join(folder, "tax.md"), "It is due in May.\n");
  const { code, output, errors } = await run("embed-folder", [".", "out.jsonl"]);
  expect([code, output]).toEqual([1, "1 paragraphs are in out.jsonl, 1 failed.\n"]);
  expect(errors).toMatch(/^empty\.md: Expected .*\n$/);
});

describe("resume", () => {
  const TEXTS = 400;
  /** Texts in flight at a kill, at most: five requests of ten until a response reports limits. */
  const IN_FLIGHT = 50;

  beforeEach(async () => {
    emulator.reset({ ...DEFAULTS, latency: { baseMs: 30 } });
    await writeFile(
      path.join(folder, "texts.txt"),
      Array.from({ length: TEXTS }, (_, index) => `text ${index}\n`).join(""),
    );
  });

  /** Starts it, and sends a signal once some texts have their vectors. */
  async function stopped(signal: NodeJS.Signals): Promise<Ended> {
    const { child, ended } = start("resume", ["texts.txt"]);
    const listen = (part: Buffer): void => {
      if (!/^(?!0 )\d+ of/m.test(String(part))) return;
      child.kill(signal);
      child.stderr.off("data", listen);
    };
    child.stderr.on("data", listen);
    return ended;
  }

  test("P40 killed in the middle and started again, it pays for what was in flight twice, and for nothing else", async () => {
    expect(await stopped("SIGKILL")).toMatchObject({ code: null, output: "" });
    const { code, output } = await run("resume", ["texts.txt"]);
    const [, found] = /^400 of 400 texts have a vector, (\d+) from an earlier run\.\n$/.exec(output) ?? [];
    expect([code, Number(found) > 0, Number(found) < TEXTS]).toEqual([0, true, true]);
    expect(Object.keys(emulator.stats().inputs ?? {})).toHaveLength(TEXTS);
    expect(charged() - TEXTS).toBeGreaterThanOrEqual(0);
    expect(charged() - TEXTS).toBeLessThanOrEqual(IN_FLIGHT);
  });

  test.skipIf(process.platform === "win32")("Ctrl-C finishes what is in flight: nothing is paid twice", async () => {
    const first = await stopped("SIGINT");
    expect(first.code).toBe(130);
    expect(first.errors).toContain("Finishing what is in flight. Ctrl-C again ends at once.\n");
    const [, done] = /^(\d+) of 400 texts have a vector, 0 from an earlier run\.\n$/.exec(first.output) ?? [];
    expect(Number(done)).toBeGreaterThan(0);
    expect(Number(done)).toBeLessThan(TEXTS);
    const { code, output } = await run("resume", ["texts.txt"]);
    expect([code, output]).toEqual([0, `400 of 400 texts have a vector, ${done} from an earlier run.\n`]);
    expect(charged()).toBe(TEXTS);
  });
});

test("fallback: what the large model refuses, the small one answers, and each answer says whose it is", async () => {
  const refused = { name: "no cats", field: "model", value: "gpt-6-sol", marker: "cat", status: 400 };
  emulator.reset({ ...DEFAULTS, faults: { answers: [refused] } });
  const { code, output } = await run("fallback");
  const lines = output.trimEnd().split("\n");
  expect([code, lines.length]).toEqual([0, 12]);
  expect(lines.filter((line) => line.startsWith("gpt-6-luna"))).toEqual(["gpt-6-luna: Echo: My cat sleeps in it now."]);
  expect(lines[0]).toBe("gpt-6-sol: Echo: The tent kept us dry through two nights of rain.");
});

test("fallback: what both refuse is named by its line", async () => {
  emulator.reset({ ...DEFAULTS, faults: { answers: [{ name: "no cats", marker: "cat", status: 400 }] } });
  const { code, output, errors } = await run("fallback");
  expect([code, output.trimEnd().split("\n").length]).toEqual([1, 11]);
  expect(errors).toMatch(/^line 10: .*400/);
});

test("embed-and-rerank: each question has its two best lines, as Cohere orders them", async () => {
  const questions = ["Is it light?", "How fast do they answer?"];
  const { code, output } = await run("embed-and-rerank", ["reviews.txt", ...questions]);
  const reviews = (await fileOf("reviews.txt")).trimEnd().split("\n");
  const lines = output.trimEnd().split("\n");
  expect([code, lines.length]).toEqual([0, 6]);
  expect([lines[0], lines[3]]).toEqual(questions);
  for (const at of [1, 2, 4, 5]) expect(reviews).toContain(lines[at]!.trim());
  expect(emulator.stats().requests).toBe(2);
});

test("budget: within the cap all is translated, for less than was said before", async () => {
  const { code, output } = await run("budget");
  const [estimate, report, ...answers] = output.trimEnd().split("\n");
  expect(estimate).toMatch(/^12 requests, which cost at most \$0\.000\d\.$/);
  expect(report).toMatch(/^12 of 12 answers for \$0\.000\d\.$/);
  expect([code, answers.length, answers[0]]).toEqual([0, 12, "Echo: The tent kept us dry through two nights of rain."]);
});

test("budget: at the cap it stops, what is done is kept, and the exit code says so", async () => {
  const { code, output } = await run("budget", ["0.0001"]);
  const [, report, ...answers] = output.trimEnd().split("\n");
  const done = answers.filter((line) => line.startsWith("Echo: ")).length;
  expect(report).toMatch(new RegExp(`^${done} of 12 answers for \\$0\\.000\\d\\.$`));
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(12);
  expect([code, answers.filter((line) => line === "(BudgetError)").length]).toEqual([1, 12 - done]);
});

test("offline-jobs: one job for half the price, and a row for each line", async () => {
  const { code, output, errors } = await run("offline-jobs");
  expect([code, errors.split("\n")[0]]).toEqual([0, "job created"]);
  const [, price, live] = /^12 texts in 1 jobs: at most \$(.*), live \$(.*)\.\n12 vectors are/.exec(output) ?? [];
  expect(Number(price)).toBeGreaterThan(0);
  expect(Number(price)).toBeLessThan(Number(live));
  const rows = JSON.parse(await fileOf("vectors.json")) as readonly (readonly number[])[];
  expect(rows.map((row) => row.length)).toEqual(Array.from({ length: 12 }, () => 1536));
  expect(emulator.stats().jobs).toMatchObject({ created: 1 });
});

test("offline-jobs: killed while its job runs and started again, it pays for one job", async () => {
  emulator.reset({ ...DEFAULTS, jobs: { durationMs: 1500 } });
  const { child, ended } = start("offline-jobs");
  child.stderr.on("data", (part: Buffer) => String(part).includes("job polled") && child.kill("SIGKILL"));
  expect(await ended).toMatchObject({ code: null });
  // It is polled again after a quarter of a minute, unless it has ended by now.
  await vi.waitFor(() => expect(emulator.stats().jobs).toMatchObject({ linesAnswered: 12 }), { timeout: 30_000 });
  const { code, errors } = await run("offline-jobs");
  expect([code, errors.split("\n")[0]]).toEqual([0, "job reattached"]);
  expect(emulator.stats().jobs).toMatchObject({ created: 1 });
});

describe("two-machines", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  test.skipIf(process.platform === "win32")("a process that submits has the vectors that others make", async () => {
    const environment = { DATABASE_URL: postgres.url };
    const workers = [1, 2].map(() => start("two-machines", ["work"], environment));
    await Promise.all(workers.map(({ child }) => once(child.stdout, "data")));
    expect(await run("two-machines", ["submit"], environment)).toEqual({
      code: 0,
      output: "12 vectors of 512 numbers.\n",
      errors: "",
    });
    for (const { child } of workers) child.kill("SIGINT");
    const ends = await Promise.all(workers.map(({ ended }) => ended));
    expect(ends.map(({ code, errors }) => [code, errors])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    const chunks = ends.flatMap(({ output }) => output.match(/^4 texts, answered$/gm) ?? []);
    expect(chunks).toHaveLength(3);
  });

  test("without a role it says what it takes", async () => {
    const { code, errors } = await run("two-machines", [], { DATABASE_URL: postgres.url });
    expect([code, errors]).toEqual([1, 'Expected "work" or "submit".\n']);
  });
});

test("middleware: no address is sent, and each call is written down", async () => {
  const { code, output } = await run("middleware");
  expect([code, output]).toEqual([0, "The batch is completed. 1 calls are in calls.jsonl.\n12 vectors.\n"]);
  expect(JSON.parse(await fileOf("calls.jsonl"))).toMatchObject({
    inputs: 12,
    attempt: 1,
    inputTokens: expect.any(Number),
  });
  const sent = emulator.stats().inputs ?? {};
  expect(Object.keys(sent)).toContain(hashText("I want my money back: write to [address]."));
  expect(Object.keys(sent)).not.toContain(hashText("I want my money back: write to ada@example.org."));
});
