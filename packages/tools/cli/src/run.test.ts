import { execFile } from "node:child_process";
import { link, mkdir, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import {
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  InputError,
  ProviderError,
  Runnable,
  runnable,
  type RunnableSettings,
  sleep,
} from "@batchwise/core";
import { failureOf, FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { exitCodeOf } from "./index.ts";
import { Memory, rowsIn, rowsOf, start, temporaryFolder, textLines } from "./testing/workbench.ts";

/** Vectors of a text's length. */
function lengths(
  settings: RunnableSettings<string, Float32Array> = {},
): Runnable<string, Float32Array> & { sent: string[] } {
  const sent: string[] = [];
  const made = bulkRunnable<string, Float32Array>(
    async (texts) => {
      sent.push(...texts);
      await setImmediate();
      return texts.map((text) => (text.includes("bad") ? new InputError("Bad.") : Float32Array.of(text.length)));
    },
    { request: { maxInputs: 3 }, ...settings },
  );
  return Object.assign(made, { sent });
}

/** Runnable whose calls the test settles. */
function held(): Runnable<string, string> & { calls: PromiseWithResolvers<string>[] } {
  const calls: PromiseWithResolvers<string>[] = [];
  const made = runnable<string, string>(
    async (_, options) => {
      const call = Promise.withResolvers<string>();
      calls.push(call);
      options?.signal?.addEventListener("abort", () => call.reject(options.signal?.reason));
      return call.promise;
    },
    { maxConcurrency: 2 },
  );
  return Object.assign(made, { calls });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}

describe("one row an input, in input order (L1, L2)", () => {
  test("outputs, failures by themselves (P36), records that are not an input, and kept fields", async () => {
    const folder = await temporaryFolder({
      "in.jsonl": '{"text":"a","id":1}\nnope\n{"text":"bad","id":3}\n\n{"id":4}\n{"text":"abc","id":5}\n',
    });
    const options = { field: "text", keep: ["id"], output: "out.jsonl" };
    const { result, stdout, stderr } = await start(folder, lengths(), options);
    expect(await rowsIn(folder)).toEqual([
      { index: 0, output: [1], id: 1 },
      {
        index: 1,
        error: { code: "invalid_input", message: expect.stringMatching(/ line 2 to be a JSON value/) as string },
      },
      { index: 2, error: { code: "invalid_input", message: "Bad." }, id: 3 },
      {
        index: 3,
        error: { code: "invalid_input", message: expect.stringMatching(/^Expected line 5 to have/) as string },
        id: 4,
      },
      { index: 4, output: [3], id: 5 },
    ]);
    expect(result).toMatchObject({ status: "completed", answered: 2, failed: 3, failures: { invalid_input: 3 } });
    expect(exitCodeOf(result)).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^Inputs {4}2 answered, 3 failed\nFailures {2}3 invalid_input\nRequests {2}\d+\nTime {6}\d.* m?s\nOutput {4}out.jsonl\n$/,
    );
  });

  test("without --output the rows go to standard output, and --quiet shows only them", async () => {
    const folder = await temporaryFolder();
    const environment = { typed: textLines(4) };
    const { result, stdout, stderr } = await start(folder, lengths(), { input: "-", quiet: true }, environment);
    expect(rowsOf(stdout).map(({ index, output }) => [index, output])).toEqual([0, 1, 2, 3].map((at) => [at, [6]]));
    expect(exitCodeOf(result)).toBe(0);
    expect(stderr).toBe("");
  });

  test("no input: no call, and an empty output (L3)", async () => {
    const folder = await temporaryFolder({ "in.jsonl": "" });
    const adapter = lengths();
    const { result } = await start(folder, adapter, { output: "out.jsonl" });
    expect(adapter.sent).toEqual([]);
    expect(await rowsIn(folder)).toEqual([]);
    expect(exitCodeOf(result)).toBe(0);
  });

  test('undefined, null, 0 and "" are outputs (P3)', async () => {
    const folder = await temporaryFolder({ "in.jsonl": "0\n1\n2\n3\n" });
    const values = [undefined, null, 0, ""];
    const { stdout } = await start(
      folder,
      runnable((at: number) => values[at]),
      {},
      { kind: "any" },
    );
    expect(rowsOf(stdout).map(({ output }) => output)).toEqual([null, null, 0, ""]);
  });

  test("an output that the format cannot hold fails its own row alone", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(2) });
    const circle: unknown[] = [];
    circle.push(circle);
    const { result, stdout } = await start(
      folder,
      runnable((text: string) => (text === "text 0" ? circle : 1)),
      {},
      { kind: "any" },
    );
    expect(rowsOf(stdout)).toMatchObject([{ error: { code: "invalid_result" } }, { output: 1 }]);
    expect(result).toMatchObject({ answered: 1, failed: 1 });
  });

  test("200,000 lines are pulled no further ahead than the inputs in flight (L11)", async () => {
    const count = 200_000;
    let pulled = 0;
    let settled = 0;
    let ahead = 0;
    async function* lines(): AsyncGenerator<Buffer> {
      for (let from = 0; from < count; from += 100) {
        pulled += 100;
        ahead = Math.max(ahead, pulled - settled);
        yield Buffer.from(Array.from({ length: 100 }, (_, at) => `${from + at}\n`).join(""));
      }
    }
    const counted = bulkRunnable<number, number>(async (some) => some, {
      request: { maxInputs: 50 },
      maxConcurrency: 4,
    });
    let rows = 0;
    const stdout = new Writable({
      write: (chunk: Buffer, _, done) => {
        for (const byte of chunk) if (byte === 10) rows++;
        settled = rows;
        done();
      },
    });
    const { result } = await start(
      await temporaryFolder(),
      counted,
      { input: "-" },
      { kind: "any", stdin: Readable.from(lines(), { highWaterMark: 1 }), stdout },
    );
    expect(result.answered).toBe(count);
    expect(rows).toBe(count);
    // 2 x 4 requests of 50, and the pieces in which the source and its stream give lines.
    expect(ahead).toBeLessThanOrEqual(400 + 300);
  });

  test("a slow reader slows the work down (backpressure)", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(300) });
    const adapter = lengths({ maxConcurrency: 1 });
    const waiting: (() => void)[] = [];
    const stdout = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void waiting.push(done) });
    const running = start(folder, adapter, {}, { stdout });
    await until(() => waiting.length > 0);
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    expect(adapter.sent.length).toBeLessThan(20);
    const pump = setInterval(() => waiting.shift()?.(), 0);
    const { result } = await running;
    clearInterval(pump);
    expect(result.answered).toBe(300);
  });

  test("many lines that are not an input delay no others, and do not pile up behind one in flight", async () => {
    const folder = await temporaryFolder({ "in.jsonl": `"a"\n${"x\n".repeat(10_500)}"b"\n` });
    const { result, stdout } = await start(folder, lengths());
    expect(result).toMatchObject({ answered: 2, failed: 10_500 });
    expect(rowsOf(stdout).map(({ index }) => index)).toEqual(Array.from({ length: 10_502 }, (_, index) => index));
  });
});

describe("options reach the engine", () => {
  class Spy extends Runnable<string, string> {
    seen: BatchOptions[] = [];
    override readonly settings: RunnableSettings<string, string> = {
      price: { perMillionInputTokens: 1 },
      retry: { attempts: 2, minDelayMs: 7 },
      weigh: (text) => ({ tokens: text.length }),
    };
    override async invoke(text: string, options?: CallOptions): Promise<string> {
      options?.report?.({ usage: { inputTokens: text.length } });
      return text;
    }
    override batchInOrder(
      ...given: Parameters<Runnable<string, string>["batchInOrder"]>
    ): ReturnType<Runnable<string, string>["batchInOrder"]> {
      this.seen.push(given[1] ?? {});
      return super.batchInOrder(...given);
    }
  }

  test("each of them", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n"a"\n' });
    const spy = new Spy();
    await start(folder, spy, {
      concurrency: 3,
      maxCost: 1,
      maxTokens: 100,
      timeoutMs: 5000,
      attempts: 4,
      dedupe: true,
    });
    expect(spy.seen).toMatchObject([
      {
        maxConcurrency: 3,
        maxCost: 1,
        maxTokens: 100,
        timeoutMs: 5000,
        retry: { attempts: 4, minDelayMs: 7 },
        dedupe: expect.any(Function) as unknown,
      },
    ]);
  });

  test("--dedupe sends equal records once (P38)", async () => {
    const folder = await temporaryFolder({
      "in.jsonl": '{"query":"q","documents":[]}\n{"query":"q","documents":[]}\n',
    });
    let calls = 0;
    const rerank = runnable(() => ++calls);
    const { stdout } = await start(folder, rerank, { dedupe: true }, { kind: "rerank" });
    expect(rowsOf(stdout).map(({ output }) => output)).toEqual([1, 1]);
  });

  test("--max-cost without a price is refused, and so is --offline without jobs", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n' });
    await expect(start(folder, lengths(), { maxCost: 1 })).rejects.toThrow(/^Expected a price for --max-cost/);
    await expect(start(folder, lengths(), { offline: true, output: "o.jsonl" })).rejects.toThrow(
      "Expected fake#adapter to have offline jobs, got none. Leave --offline out.",
    );
  });

  test("--max-tokens ends the run before they are exceeded, with finished rows in the output", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(10) });
    const { result } = await start(folder, new Spy(), { maxTokens: 20, output: "out.jsonl" });
    expect(result.status).toBe("stopped");
    expect(exitCodeOf(result)).toBe(2);
    expect((await rowsIn(folder)).length).toBeLessThan(10);
  });

  test("contradictions are refused before any work", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n' });
    const refused = async (options: object): Promise<string> =>
      (await failureOf(start(folder, lengths(), options))).message;
    expect(await refused({ resume: true })).toMatch(/^Expected an --output to resume, got none/);
    expect(await refused({ resume: true, overwrite: true, output: "o.jsonl" })).toMatch(/or --resume, got both/);
    expect(await refused({ retryFailed: true, input: "-", output: "o.jsonl" })).toMatch(/^Expected a file for /);
    expect(await refused({ offline: true, concurrency: 2, output: "o.jsonl" })).toMatch(/jobs, got `concurrency`/);
    expect(await refused({ offline: true })).toMatch(/^Expected an --output with --offline, got none/);
    expect(await refused({ limit: -1 })).toMatch(/^Expected `limit` to be a whole number from 0, got -1/);
    expect(await refused({ keep: ["output"] })).toMatch(/^Expected --keep to name none of .*, got output/);
    expect(await readdir(folder)).toEqual(["in.jsonl"]);
  });
});

describe("the output", () => {
  test("one that exists is refused, and replaced with --overwrite", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n', "out.jsonl": "old" });
    const adapter = lengths();
    await expect(start(folder, adapter, { output: "out.jsonl" })).rejects.toThrow(
      "Expected a new --output, got out.jsonl, which exists. --resume continues it, and --overwrite replaces it.",
    );
    expect(adapter.sent).toEqual([]);
    expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe("old");
    await start(folder, adapter, { output: "out.jsonl", overwrite: true });
    expect(await rowsIn(folder)).toEqual([{ index: 0, output: [1] }]);
  });

  test("a folder is refused before anything is sent, as is a report's", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n', "out.jsonl/file": "", "report.json/file": "" });
    const adapter = lengths();
    for (const more of [{}, { overwrite: true }, { resume: true }]) {
      await expect(start(folder, adapter, { output: "out.jsonl", ...more })).rejects.toThrow(
        "Expected --output to be a file, got out.jsonl, which is a folder. Give another name.",
      );
    }
    await expect(start(folder, adapter, { report: "report.json" })).rejects.toThrow(
      "Expected --report to be a file, got report.json, which is a folder. Give another name.",
    );
    expect(adapter.sent).toEqual([]);
  });

  test.each([
    [
      "a damaged file",
      '{"ver',
      /Expected .*run\.json to be whole, got a damaged file\. Restore it, or give --overwrite/,
    ],
    ["no note", "null", /to be whole, got a damaged file/],
    ["a later version's", '{"version":2}', /got a later one's\. Update it, or give --overwrite\.$/],
  ])("a run whose note is %s is not resumed, and --overwrite replaces it", async (_, note, message) => {
    const part = '{"index":0,"output":[9]}\n';
    const folder = await temporaryFolder({
      "in.jsonl": textLines(2),
      "out.jsonl.batchwise/run.json": note,
      "out.jsonl.batchwise/part-1.jsonl": part,
    });
    const adapter = lengths();
    for (const more of [{}, { resume: true }]) {
      await expect(start(folder, adapter, { output: "out.jsonl", ...more })).rejects.toThrow(message);
    }
    expect(adapter.sent).toEqual([]);
    expect(await readFile(path.join(folder, "out.jsonl.batchwise", "part-1.jsonl"), "utf8")).toBe(part);
    await start(folder, adapter, { output: "out.jsonl", overwrite: true });
    expect((await rowsIn(folder)).map(({ output }) => output)).toEqual([[6], [6]]);
    expect(await readdir(folder)).toEqual(["in.jsonl", "out.jsonl"]);
  });

  test("an empty one counts as new", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n', "out.jsonl": "" });
    await start(folder, lengths(), { output: "out.jsonl" });
    expect(await rowsIn(folder)).toEqual([{ index: 0, output: [1] }]);
  });

  test("the time that is left after --resume is that of what is left, at the pace of this run", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(1000) });
    await start(folder, lengths(), { output: "out.jsonl", limit: 500 });
    const clock = new FakeClock();
    const slow = bulkRunnable<string, Float32Array>(
      async (texts) => {
        await sleep(20_000, clock);
        return texts.map(() => Float32Array.of(1));
      },
      { request: { maxInputs: 100 }, maxConcurrency: 1 },
    );
    const { stderr } = await runOn(clock, start(folder, slow, { output: "out.jsonl", resume: true }, { clock }));
    expect(stderr).toMatch(/^600 done \(59 %\), 3\/s, 2 min left$/m);
  });

  test("rows on a terminal are not mixed with progress", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(3) });
    const terminal = (): Memory => Object.assign(new Memory(), { isTTY: true });
    const [stdout, stderr] = [terminal(), terminal()];
    await start(folder, lengths(), {}, { stdout, stderr });
    expect(rowsOf(stdout.text)).toHaveLength(3);
    expect(stderr.text).toMatch(/^Inputs/);
  });

  test("the input itself, another extension, a folder that does not exist: refused before any request", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n' });
    await symlink(path.join(folder, "in.jsonl"), path.join(folder, "same.jsonl"));
    const adapter = lengths();
    const refused = async (output: string): Promise<string> =>
      (await failureOf(start(folder, adapter, { output, overwrite: true }))).message;
    await link(path.join(folder, "in.jsonl"), path.join(folder, "linked.jsonl"));
    expect(await refused("same.jsonl")).toMatch(/^Expected another --output than the input/);
    expect(await refused("linked.jsonl")).toMatch(/^Expected another --output than the input/);
    expect(await refused("out.json")).toMatch(/ends in .jsonl, .csv, .parquet or .arrow, got out.json/);
    expect(await refused("nowhere/out.jsonl")).toMatch(/out.jsonl to be writable, got no such file or folder\.$/);
    expect(adapter.sent).toEqual([]);
  });

  test.runIf(process.platform === "linux")("a full disk ends the run at once", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(5000) });
    await symlink("/dev/full", path.join(folder, "out.jsonl"));
    const adapter = lengths({ maxConcurrency: 1 });
    const { result } = await start(folder, adapter, { output: "out.jsonl", overwrite: true });
    expect(result.status).toBe("stopped");
    expect(result.reason?.message).toMatch(/out.jsonl to be writable, got a full disk\.$/);
    expect(adapter.sent.length).toBeLessThan(5000);
  });

  test.runIf(process.platform === "linux")("a named pipe gets the rows, and ends with the run", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(10) });
    await promisify(execFile)("mkfifo", [path.join(folder, "out.jsonl")]);
    // The pipe would not end before the process, were it left open.
    const reading = readFile(path.join(folder, "out.jsonl"), "utf8");
    const { result } = await start(folder, lengths(), { output: "out.jsonl" });
    expect(result.status).toBe("completed");
    expect((await reading).trim().split("\n")).toHaveLength(10);
    expect(await readdir(folder)).toEqual(["in.jsonl", "out.jsonl"]);
  });

  test("the reader of standard output stops reading: a clean end", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(1000) });
    let chunks = 0;
    const stdout = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        done(++chunks < 5 ? null : Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      },
    });
    const adapter = lengths({ maxConcurrency: 1 });
    const { result, stderr } = await start(folder, adapter, {}, { stdout });
    expect(result.status).toBe("closed");
    expect(exitCodeOf(result)).toBe(0);
    expect(stderr).toBe("");
    expect(adapter.sent.length).toBeLessThan(1000);
  });

  test("each format is chosen by the extension", async () => {
    const folder = await temporaryFolder({ "in.jsonl": '"a"\n' });
    await start(folder, lengths(), { output: "out.parquet" });
    await start(folder, lengths(), { output: "out.arrow" });
    await start(
      folder,
      runnable((text: string) => ({ text })),
      { output: "out.csv" },
      { kind: "chat" },
    );
    const beginnings = await Promise.all(
      ["out.parquet", "out.arrow", "out.csv"].map(async (file) =>
        (await readFile(path.join(folder, file), "utf8")).slice(0, 5),
      ),
    );
    expect(beginnings.map((text) => text.replace("\u0015", ""))).toEqual([
      expect.stringMatching(/^PAR1/),
      "ARROW",
      "index",
    ]);
  });
});

describe("--resume", () => {
  test("resumes after the last whole line; a torn one is cut off", async () => {
    const done = '{"index":0,"output":[9]}\n{"index":1,"error":{"code":"timeout","message":"Late."}}\n';
    const folder = await temporaryFolder({ "in.jsonl": textLines(4), "out.jsonl": `${done}{"index":2,"outp` });
    const adapter = lengths();
    const { result, stderr } = await start(folder, adapter, { output: "out.jsonl", resume: true });
    expect(adapter.sent).toEqual(["text 2", "text 3"]);
    expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe(
      `${done}{"index":2,"output":[6]}\n{"index":3,"output":[6]}\n`,
    );
    expect(result).toMatchObject({ answered: 2, failed: 0, earlier: 2, earlierFailed: 1 });
    expect(exitCodeOf(result)).toBe(1);
    expect(stderr).toMatch(/2 by an earlier run, 1 of them failed: --retry-failed sends these again/);
  });

  test("P54 ids of 64 bits are written as they were read, and are those of the same input", async () => {
    const ids = ["9007199254740993", "9007199254740995"];
    const content = ids.map((id) => `{"text":"a","id":${id}}\n`).join("");
    const folder = await temporaryFolder({ "in.jsonl": content });
    const options = { field: "text", keep: ["id"], output: "out.jsonl" };
    await start(folder, lengths(), { ...options, limit: 1 });
    await start(folder, lengths(), { ...options, resume: true });
    expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe(
      ids.map((id, index) => `{"index":${index},"output":[1],"id":${id}}\n`).join(""),
    );
    await start(folder, lengths(), { ...options, output: "out.csv" }, { kind: "any" });
    expect(await readFile(path.join(folder, "out.csv"), "utf8")).toMatch(/,9007199254740993\n.*,9007199254740995\n/);
  });

  test("starts a new output where there is none, and sends no input where all are done", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(2) });
    const adapter = lengths();
    await start(folder, adapter, { output: "out.jsonl", resume: true });
    const { result } = await start(folder, adapter, { output: "out.jsonl", resume: true });
    expect(adapter.sent).toHaveLength(2);
    expect(result).toMatchObject({ status: "completed", answered: 0, earlier: 2 });
    expect(await rowsIn(folder)).toHaveLength(2);
  });

  test.each([
    ["more lines than inputs", '{"index":0,"output":1}\n{"index":1,"output":1}\n', /got 2 lines for 1 inputs/],
    ["a gap", '{"index":1,"output":1}\n', /^Expected line 1 of .* to be the row of the input at 0, got another/],
    ["another program's file", "hello\n", /^Expected line 1 of .* to be the row/],
    ["a row that is damaged", '{"index":0,"output":[1,}\n', /^Expected line 1 of .* to be the row of the input at 0/],
    [
      "another input's fields",
      '{"index":0,"output":1,"id":"b"}\n',
      /got a line 1 without the kept fields of its input/,
    ],
  ])("an output of another input is refused and stays as it is: %s", async (_, content, message) => {
    const torn = `${content}{"ind`;
    const folder = await temporaryFolder({ "in.jsonl": '{"text":"a","id":"a"}\n', "out.jsonl": torn });
    const adapter = lengths();
    for (const how of [{ resume: true }, { retryFailed: true }]) {
      await expect(
        start(folder, adapter, { output: "out.jsonl", field: "text", keep: ["id"], ...how }),
      ).rejects.toThrow(message);
    }
    expect(adapter.sent).toEqual([]);
    expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe(torn);
  });
});

describe("--retry-failed", () => {
  const failed = '{"index":1,"error":{"code":"timeout","message":"Late."}}\n';
  const old = `{"index":0,"output":[9]}\n${failed}{"index":2,"output":[9]}\n`;

  test("sends inputs with an error again, keeps all other lines, and continues after them", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(4), "out.jsonl": `${old}{"index":3` });
    const adapter = lengths();
    const { result } = await start(folder, adapter, { output: "out.jsonl", retryFailed: true });
    expect(adapter.sent).toEqual(["text 1", "text 3"]);
    expect((await rowsIn(folder)).map(({ output }) => output)).toEqual([[9], [6], [9], [6]]);
    expect(result).toMatchObject({ answered: 2, failed: 0, earlier: 2, earlierFailed: 0 });
    expect(exitCodeOf(result)).toBe(0);
    expect(await readdir(folder)).toEqual(["in.jsonl", "out.jsonl"]);
  });

  test("ended early, no line is lost", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(5), "out.jsonl": old + failed.replace("1", "3") });
    const refusing = runnable((): string => {
      throw new ProviderError("No key.", { code: "authentication", retryable: false, status: 401 });
    });
    const { result } = await start(folder, refusing, { output: "out.jsonl", retryFailed: true });
    expect(result).toMatchObject({ status: "stopped", failed: 0, earlier: 4, reason: { message: "No key." } });
    expect((await rowsIn(folder)).map(({ index, output }) => [index, output])).toEqual([
      [0, [9]],
      [1, undefined],
      [2, [9]],
      [3, undefined],
    ]);
  });

  test.runIf(process.platform === "linux")("where it cannot be written, the old output stays", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(4), "out.jsonl": old });
    const made = path.join(folder, "out.jsonl.batchwise", "output");
    await mkdir(path.dirname(made));
    await symlink("/dev/full", made);
    const adapter = lengths();
    const { result } = await start(folder, adapter, { output: "out.jsonl", retryFailed: true });
    expect(result.reason?.message).toMatch(/got a full disk/);
    expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe(old);
    await rm(made);
    await start(folder, adapter, { output: "out.jsonl", resume: true });
    expect(adapter.sent).toEqual(["text 1", "text 3"]);
    expect((await rowsIn(folder)).map(({ output }) => output)).toEqual([[9], [6], [9], [6]]);
    expect(await readdir(folder)).toEqual(["in.jsonl", "out.jsonl"]);
  });
});

describe("ends", () => {
  test("the first stop waits for requests in flight, and says so; --resume continues", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(10) });
    const drain = new AbortController();
    const adapter = held();
    const stderr = new Memory();
    const running = start(folder, adapter, { output: "out.jsonl" }, { drain: drain.signal, stderr });
    await until(() => adapter.calls.length === 2);
    drain.abort(new Error("Stopped."));
    expect(stderr.text).toMatch(/^Stopping once the requests in flight are done/);
    for (const call of adapter.calls) call.resolve("done");
    const { result } = await running;
    expect(result.status).toBe("interrupted");
    expect(exitCodeOf(result)).toBe(130);
    expect(await rowsIn(folder)).toHaveLength(2);
    await start(folder, lengths(), { output: "out.jsonl", resume: true });
    expect((await rowsIn(folder)).map(({ index }) => index)).toEqual(Array.from({ length: 10 }, (_, index) => index));
  });

  test("the second one ends it at once, with finished rows in the output (P12)", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(10) });
    const stop = new AbortController();
    const adapter = held();
    const running = start(folder, adapter, { output: "out.jsonl" }, { signal: stop.signal });
    await until(() => adapter.calls.length === 2);
    adapter.calls[0]?.resolve("done");
    await until(() => adapter.calls.length === 3);
    stop.abort(new Error("Stopped."));
    const { result } = await running;
    expect(result.status).toBe("interrupted");
    expect(await rowsIn(folder)).toEqual([{ index: 0, output: "done" }]);
  });

  test("a stop when all inputs are in flight changes nothing", async () => {
    const drain = new AbortController();
    const adapter = held();
    let isRead = false;
    async function* typed(): AsyncGenerator<Buffer> {
      yield Buffer.from('"a"\n');
      isRead = true;
    }
    const environment = { drain: drain.signal, stdin: Readable.from(typed()) };
    const running = start(await temporaryFolder(), adapter, { input: "-" }, environment);
    await until(() => isRead && adapter.calls.length === 1);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    drain.abort(new Error("Stopped."));
    adapter.calls[0]?.resolve("done");
    expect(exitCodeOf((await running).result)).toBe(0);
  });

  test("a refused key ends the run and names itself (P24)", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(10) });
    let calls = 0;
    const refusing = runnable((): string => {
      calls++;
      throw new ProviderError("No key.", { code: "authentication", retryable: false, status: 401 });
    });
    const { result } = await start(folder, refusing, { output: "out.jsonl" });
    expect(calls).toBe(1);
    expect(result).toMatchObject({ status: "stopped", reason: { message: "No key." } });
    expect(exitCodeOf(result)).toBe(2);
    // No input is to blame: the next run sends them all.
    expect(await rowsIn(folder)).toEqual([]);
  });

  // OpenRouter's moderation (403 with JSON), a firewall's page (403 without), Azure's content filter.
  test.each([
    ["prompt 50", [49]],
    ["prompt 1", [0]],
    ["the first 50", Array.from({ length: 50 }, (_, index) => index)],
  ])(
    "P47 %s of 200 is refused: 200 rows, exit code 1, and --retry-failed asks for the failed alone",
    async (_, bad) => {
      const folder = await temporaryFolder({ "in.jsonl": textLines(200, (index) => `prompt ${index}`) });
      const sent: string[] = [];
      const refusing = runnable<string, string>(async (text) => {
        sent.push(text);
        await setImmediate();
        if (!bad.includes(Number(text.slice(7)))) return "yes";
        // Each in its own words: what is refused alike may be refused for all.
        throw new ProviderError("Flagged.", {
          code: "invalid_input",
          status: 403,
          providerCode: text,
          retryable: false,
        });
      });
      const options = { output: "out.jsonl" };
      const { result } = await start(folder, refusing, options, { kind: "chat" });
      expect(result).toMatchObject({ status: "completed", answered: 200 - bad.length, failed: bad.length });
      expect(exitCodeOf(result)).toBe(1);
      const rows = await rowsIn(folder);
      expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, index) => index));
      expect(rows.flatMap(({ index, error }) => (error?.status === 403 ? [index] : []))).toEqual(bad);
      sent.length = 0;
      const again = await start(folder, refusing, { ...options, resume: true }, { kind: "chat" });
      expect([sent, exitCodeOf(again.result)]).toEqual([[], 1]);
      await start(folder, refusing, { ...options, retryFailed: true }, { kind: "chat" });
      expect(sent).toEqual(bad.map((index) => `prompt ${index}`));
    },
  );

  test.each<[string, number, number, string]>([
    ["a 401 for prompt 50", 49, 1, "authentication"],
    ["a 401 for the last prompt", 199, 1, "authentication"],
    ["the same 403 for the first 50", 0, 50, "invalid_input"],
  ])("P47 %s of 200: a row for each, exit code 1", async (_, first, count, code) => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(200, (index) => `prompt ${index}`) });
    const refusing = runnable<string, string>(
      async (text) => {
        await setImmediate();
        const index = Number(text.slice(7));
        if (index < first || index >= first + count) return "yes";
        const status = code === "authentication" ? 401 : 403;
        throw new ProviderError("No.", { code: code as "authentication", status, retryable: false });
      },
      { maxConcurrency: 5, retry: { attempts: 6 } },
    );
    const { result } = await start(folder, refusing, { output: "out.jsonl" }, { kind: "chat" });
    expect(result).toMatchObject({ status: "completed", answered: 200 - count, failed: count });
    expect(exitCodeOf(result)).toBe(1);
    expect(await rowsIn(folder)).toHaveLength(200);
  });

  test("an input that cannot be read further ends the run, with the rows before it in the output", async () => {
    const folder = await temporaryFolder({ "in.csv": 'text\na\n"b\n' });
    const { result } = await start(folder, lengths(), { input: "in.csv", output: "out.jsonl" });
    expect(result).toMatchObject({ status: "stopped", answered: 1 });
    expect(result.reason?.message).toMatch(/^Expected rows of CSV, got other text/);
    expect(await rowsIn(folder)).toHaveLength(1);
  });
});

describe("--cache", () => {
  test("nothing is paid twice, across runs, and other options are other results", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(4) });
    const adapter = lengths();
    const cached = { cache: "kept", overwrite: true, output: "out.jsonl", set: { model: "a" } };
    await start(folder, adapter, cached);
    const { result, stderr } = await start(folder, adapter, cached);
    expect(adapter.sent).toHaveLength(4);
    expect(result.cache).toMatchObject({ hits: 4, saved: 0 });
    expect(stderr).toMatch(/Cache {5}4 found, 0 saved/);
    expect((await rowsIn(folder)).map(({ output }) => output)).toEqual([[6], [6], [6], [6]]);
    await start(folder, adapter, { ...cached, set: { model: "b" } });
    expect(adapter.sent).toHaveLength(8);
    expect((await stat(path.join(folder, "kept", "cache.sqlite"))).isFile()).toBe(true);
  });
});

describe("--estimate", () => {
  test("gives requests, tokens and cost, and sends nothing", async () => {
    const folder = await temporaryFolder({ "in.jsonl": `${textLines(7)}x\n` });
    const adapter = lengths({ weigh: (text) => ({ tokens: text.length }), price: { perMillionInputTokens: 10_000 } });
    const { result, stdout } = await start(folder, adapter, { estimate: true, output: "out.jsonl" });
    expect(result.estimate).toMatchObject({ inputs: 7, unreadable: 1, requests: 3, tokens: 42, cost: 0.42 });
    expect(stdout).toBe(
      "Inputs    7, and 1 that cannot be sent\n          Expected line 8 to be a JSON value of its own, got another text.\nRequests  3\nTokens    at most 42 of inputs\nCost      at most $0.42 for inputs; what is generated is extra, and unknown without --set maxTokens\n",
    );
    expect(exitCodeOf(result)).toBe(0);
    expect(adapter.sent).toEqual([]);
    expect(await readdir(folder)).toEqual(["in.jsonl"]);
  });

  test("unknown values are shown as such; --resume counts the rest", async () => {
    const folder = await temporaryFolder({ "in.jsonl": textLines(3), "out.jsonl": '{"index":0,"output":1}\n' });
    const { stdout } = await start(folder, lengths(), { estimate: true, resume: true, output: "out.jsonl" });
    expect(stdout).toBe("Inputs    2\nRequests  1\nTokens    unknown\nCost      unknown\n");
  });
});
