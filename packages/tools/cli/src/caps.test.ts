import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { chatServer, type ChatBody } from "./testing/chat-server.ts";
import { runHere } from "./testing/run-here.ts";
import { rowsIn, temporaryFolder, textLines } from "./testing/workbench.ts";

// A safeguard, not a measure: machines may be busy.
vi.setConfig({ testTimeout: 60_000 });

const CHAT = ["run", "@batchwise/openai#chat", "in.jsonl", "--output", "out.jsonl", "--set", "model=gpt-4o-mini"];

interface Ran {
  readonly code: number | string;
  readonly said: string;
  readonly rows: number;
  /** Tokens that the server bills. */
  readonly billed: number;
  readonly folder: string;
}

/** Runs 200 chats, each of whose answers is billed as so many tokens. */
async function run(tokens: (number: number) => number, ...flags: readonly string[]): Promise<Ran> {
  let billed = 0;
  const bill = (body: ChatBody): number => {
    const output = tokens(server.bodies.length);
    billed += JSON.stringify(body.messages).length + output;
    return output;
  };
  const server = await chatServer(undefined, bill);
  const folder = await temporaryFolder({ "in.jsonl": textLines(200) });
  const child = runHere(folder, server.baseURL, [...CHAT, "--concurrency", "200", ...flags]);
  const code = await child.ended;
  return {
    code,
    said: child.said.stderr + child.said.stdout,
    rows: (await rowsIn(folder).catch(() => [])).length,
    billed,
    folder,
  };
}

const LONG = (): number => 5000;

test("P56 --max-tokens holds for generated text: 200 chats at once, and answers of 5,000 tokens", async () => {
  const { code, said, rows, billed } = await run(LONG, "--max-tokens", "20000");
  expect(code).toBe(2);
  expect(billed).toBeLessThanOrEqual(20_000);
  expect(rows).toBeGreaterThan(0);
  expect(said).toMatch(
    /^error: Expected the batch to stay within --max-tokens \(20000\), got a call that may take 10000 where 9930 is left\. Raise it, and --resume\.$/m,
  );
  expect(said).not.toContain("more than --max-tokens");
});

test("P56 --max-cost holds for generated text, and is used to nine tenths", async () => {
  // 0.60 dollars for a million tokens of answers: each takes 0.003.
  const { code, rows, billed } = await run(LONG, "--max-cost", "0.1");
  expect(code).toBe(2);
  expect(rows).toBeGreaterThanOrEqual(30);
  expect(billed).toBeLessThanOrEqual(170_000);
});

test("P56 a largest answer that is stated is never passed", async () => {
  const { code, rows, billed } = await run(() => 10, "--max-tokens", "20000", "--set", "maxTokens=1000");
  expect(code).toBe(0);
  expect(rows).toBe(200);
  expect(billed).toBeLessThanOrEqual(20_000);
});

test("P56 answers that are more than twice as long as any before pass a cap by what they are longer, and the report says so", async () => {
  const flags = ["--max-tokens", "3000", "--max-cost", "100", "--report", "report.json"];
  const { said, billed, folder } = await run((number) => (number < 8 ? 100 : 5000), ...flags);
  expect(billed).toBeGreaterThan(3000);
  const report = JSON.parse(await readFile(path.join(folder, "report.json"), "utf8")) as object;
  expect(report).toMatchObject({ overspend: { tokens: billed - 3000, cost: 0 } });
  expect(said).toMatch(/^ +[\d,]+ more than --max-tokens: answers were more than twice as long as any before$/m);
});

test("the estimate says the answers' share, or that it is unknown without maxTokens", async () => {
  const bounded = await run(LONG, "--estimate", "--set", "maxTokens=1000");
  expect(bounded.said).toMatch(/^Tokens +at most [\d,]+, 200,000 of them for answers$/m);
  expect(bounded.said).toMatch(/^Cost +at most \$0\.12\d*$/m);
  const open = await run(LONG, "--estimate");
  expect(open.said).toMatch(
    /^Cost +at most \$[\d.]+ for inputs; what is generated is extra, and unknown without --set maxTokens$/m,
  );
});
