import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import path from "node:path";
import { startEmulator } from "@batchwise/emulator";
import { expect, onTestFinished, test, vi } from "vitest";
import { reportOf } from "./report.ts";
import type { RunResult } from "./run-result.ts";
import { startChild } from "./testing/child.ts";
import { pluginFolder } from "./testing/plugin.ts";
import { rowsIn, temporaryFolder, textLines } from "./testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

/** Adapter of which texts with "bad" fail while MOOD is bad. */
const ADAPTER = `
import { InputError, runnable } from "@batchwise/core";
export const adapters = [{
  name: "chat", kind: "chat", description: "Answers.", options: { type: "object", properties: {} },
  create: () => runnable(async (text) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (process.env.MOOD === "bad" && text.includes("bad")) throw new InputError("Bad.");
    return text;
  }, { maxConcurrency: 4 }),
}];
`;

const RESULT: RunResult = {
  status: "completed",
  reason: undefined,
  answered: 1200,
  failed: 34,
  failures: { timeout: 4, invalid_input: 30 },
  earlier: 10,
  earlierFailed: 2,
  report: {
    status: "completed",
    fulfilled: 1200,
    rejected: 34,
    unfinished: 0,
    failures: { timeout: 4, invalid_input: 30 },
    requests: 1300,
    retries: 66,
    usage: { inputTokens: 20_000, cachedInputTokens: 7000, outputTokens: 5000, totalTokens: 25_000, cost: 0.0123 },
    waitedMs: 206_000,
    durationMs: 212_500,
    reason: undefined,
    outcomes: [],
  },
  limits: { requests: 500, outputTokens: 30_000 },
  cache: undefined,
  estimate: undefined,
  jobsEstimate: undefined,
};

test("a report is a table, with times that can be read", () => {
  expect(reportOf(RESULT, { output: "out.csv" })).toBe(`\
Inputs    1,200 answered, 34 failed
          10 by an earlier run, 2 of them failed: --retry-failed sends these again
Failures  30 invalid_input
          4 timeout
Requests  1,300, 66 retries among them
Tokens    25,000, 20,000 of inputs (7,000 from the provider's cache) and 5,000 of outputs
Cost      $0.012
Time      3 min 32 s
Waits     3 min 26 s for limits, of all requests together
Limits    500 requests a minute
          30,000 output tokens a minute
Output    out.csv`);
});

test("--max-failures sends no more, says so, and --resume and --retry-failed continue", async () => {
  const folder = await pluginFolder("acme", ADAPTER, {
    "in.jsonl": textLines(400, (at) => (at < 100 && at % 10 === 0 ? `bad ${at}` : `text ${at}`)),
  });
  const argv = ["run", "acme", "in.jsonl", "--output", "out.jsonl"];
  const run = async (...more: string[]): Promise<{ code: unknown; stderr: string }> => {
    const child = startChild(folder, "", [...argv, ...more]);
    return { code: await child.ended, stderr: child.said.stderr };
  };
  vi.stubEnv("MOOD", "bad");
  const first = await run("--max-failures", "3", "--report", "report.json");
  vi.unstubAllEnvs();
  expect(first.code).toBe(2);
  expect(first.stderr).toMatch(/\nEnded {5}before its inputs, by --max-failures\n/);
  expect(first.stderr).toMatch(
    /error: Expected fewer failures than --max-failures, got 3 failed inputs, most of them invalid_input\. Their rows say why\./,
  );
  const left = await rowsIn(folder);
  expect(left.length).toBeLessThan(100);
  expect(left.filter(({ error }) => error !== undefined)).toHaveLength(3);
  const report = JSON.parse(await readFile(path.join(folder, "report.json"), "utf8")) as object;
  expect(report).toMatchObject({
    version: 1,
    status: "stopped",
    reason: { message: expect.stringMatching(/--max-failures/) as string },
    inputs: { answered: left.length - 3, failed: 3, earlier: 0, earlierFailed: 0 },
    failures: { invalid_input: 3 },
    requests: left.length,
    tokens: { input: 0, cachedInput: 0, output: 0, total: 0 },
    durationMs: expect.any(Number) as number,
  });
  expect((await run("--resume", "--max-failures", "3")).code).toBe(1);
  expect((await run("--retry-failed", "--max-failures", "1")).code).toBe(0);
  expect((await rowsIn(folder)).map(({ index, error }) => [index, error])).toEqual(
    Array.from({ length: 400 }, (_, at) => [at, undefined]),
  );
});

test("P49 a run in which nothing got through ends on its own, and its report says so", async () => {
  // A server that refuses one parameter of every request.
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { "content-type": "application/json" });
    response.end('{"error":{"message":"Unsupported parameter.","type":"invalid_request_error","code":null}}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const folder = await temporaryFolder({ "in.jsonl": textLines(5000) });
  const { port } = server.address() as AddressInfo;
  const argv = ["run", "@batchwise/openai#embeddings", "in.jsonl", "--output", "out.jsonl", "--report", "report.json"];
  const child = startChild(folder, `http://127.0.0.1:${port}/v1`, argv);
  expect(await child.ended).toBe(2);
  expect(child.said.stderr).toMatch(/\nEnded {5}before its inputs, by an error: nothing got through\n/);
  expect(child.said.stderr).toMatch(
    /\nerror: Expected some inputs to get through, got the same failure for 6 in a row \(400\)\. Check the options, such as the model\. The last one: .*invalid_request_error/,
  );
  const report = JSON.parse(await readFile(path.join(folder, "report.json"), "utf8")) as { requests: number };
  expect(report).toMatchObject({ status: "stopped", inputs: { answered: 0 } });
  expect(report.requests).toBeLessThanOrEqual(10);
});

test("--report has usage, cost and the limits that the provider reported; a name that is not its own is refused", async () => {
  await using emulator = await startEmulator({
    tokens: "fast",
    limits: { requestsPerMinute: 500, tokensPerMinute: 100_000 },
  });
  const folder = await temporaryFolder({ "in.jsonl": textLines(50), "in.json": '["a"]' });
  const run = async (...argv: string[]): Promise<{ code: unknown; stderr: string }> => {
    const child = startChild(folder, emulator.openaiBaseURL, ["run", "@batchwise/openai#embeddings", ...argv]);
    return { code: await child.ended, stderr: child.said.stderr };
  };
  expect((await run("in.jsonl", "--output", "out.jsonl", "--report", "report.json", "--quiet")).code).toBe(0);
  const report = JSON.parse(await readFile(path.join(folder, "report.json"), "utf8")) as {
    readonly tokens: { readonly input: number };
    readonly cost: number;
    readonly limitsPerMinute: { readonly requests: number; readonly tokens: number };
  };
  expect(report).toMatchObject({ status: "completed", inputs: { answered: 50, failed: 0 }, failures: {} });
  expect(report.tokens.input).toBeGreaterThan(0);
  expect(report.cost).toBeGreaterThan(0);
  expect(report.limitsPerMinute).toEqual({ requests: 500, tokens: 100_000 });
  for (const [input, name, message] of [
    ["in.json", "in.json", /Expected another --report than the input, got the same file/],
    ["in.jsonl", "out.jsonl", /Expected a --report that ends in \.json, got out\.jsonl/],
    ["in.jsonl", "missing/report.json", /Expected the folder of missing\/report\.json to be writable/],
  ] as const) {
    const refused = await run(input, "--output", "other.jsonl", "--report", name);
    expect(refused).toEqual({ code: 2, stderr: expect.stringMatching(message) as string });
  }
  await expect(stat(path.join(folder, "other.jsonl"))).rejects.toThrow(/ENOENT/);
});

test("--report has what all inputs would take by a --sample, and --offline --estimate says how many cannot be sent, and why", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const lines = Buffer.concat([Buffer.from(textLines(40)), Buffer.from('"caf\u00e9"\n"na\u00efve"\n', "latin1")]);
  const folder = await temporaryFolder({ "in.jsonl": lines });
  const run = async (...argv: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> => {
    const child = startChild(folder, emulator.openaiBaseURL, ["run", "@batchwise/openai#embeddings", ...argv]);
    return { code: await child.ended, ...child.said };
  };
  expect((await run("in.jsonl", "--sample", "10", "--report", "report.json")).code).toBe(0);
  const { sample, cost } = JSON.parse(await readFile(path.join(folder, "report.json"), "utf8")) as {
    readonly cost: number;
    readonly sample: { readonly cost: number; readonly tokens: number; readonly atMost: { readonly tokens: number } };
  };
  expect(sample).toMatchObject({ inputs: 40, unreadable: 2, requests: 1 });
  expect(sample.cost).toBeCloseTo(cost * 4, 9);
  expect(sample.atMost.tokens).toBeGreaterThanOrEqual(sample.tokens);
  expect((await run("in.jsonl", "--estimate")).stdout).toMatch(
    /^Inputs {4}40, and 2 that cannot be sent\n {10}Expected line 41 to be in the file's encoding/m,
  );
  expect((await run("in.jsonl", "--offline", "--estimate")).stdout).toMatch(UNSENT);
  const offline = await run("in.jsonl", "--offline", "--output", "out.jsonl");
  expect(offline.code).toBe(1);
  expect(offline.stderr).toMatch(UNSENT);
  expect(await rowsIn(folder)).toHaveLength(42);
});

const UNSENT = /^Offline: 40 inputs .*\. 2 cannot be sent: Expected line 41 to be in the file's encoding/m;
