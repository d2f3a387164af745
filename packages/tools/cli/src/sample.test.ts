import { access, readFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { chatServer } from "./testing/chat-server.ts";
import { startChild } from "./testing/child.ts";
import { rowsIn, temporaryFolder } from "./testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const CHAT = ["run", "@batchwise/openai#chat", "in.csv", "--prompt", "About {text}", "--set", "model=m"];
const PRICE = ["--set", 'price={"perMillionInputTokens":1000,"perMillionOutputTokens":2000}'];
const INPUT = `id,text\n${Array.from({ length: 1000 }, (_, at) => `${at},text ${String(at).padStart(3, "0")}\n`).join("")}`;

function byText(one: string, other: string): number {
  return one < other ? -1 : 1;
}

async function ran(...argv: readonly string[]) {
  const server = await chatServer();
  const folder = await temporaryFolder({ "in.csv": INPUT });
  const child = startChild(folder, server.baseURL, [...CHAT, ...argv]);
  const code = await child.ended;
  const sent = server.bodies.map(({ messages }) => messages[0]?.content ?? "").toSorted(byText);
  return { code, folder, sent, ...child.said };
}

describe("look first: --sample 20", () => {
  test("runs inputs that are drawn at random, and shows them as a table, with what all would take and cost", async () => {
    const { code, sent, stdout, stderr, folder } = await ran("--sample", "20", ...PRICE);
    expect(code, stderr).toBe(0);
    expect(new Set(sent).size).toBe(20);
    // Not the first ones, and not those of one place.
    const positions = sent.map((text) => Number(text.slice(-3)));
    expect(Math.max(...positions) - Math.min(...positions)).toBeGreaterThan(500);
    const lines = stdout.split("\n");
    expect(lines[1]).toMatch(/^│ index │ input +│ output +│$/);
    expect(
      lines.filter((line) => /^│ \d+ +│ About text \d{3} │ Answer to: About text \d{3} │$/.test(line)),
    ).toHaveLength(20);
    // Each body has 44 characters, for as many tokens, and 5 for the answer.
    expect(stdout).toMatch(/^All +1,000 inputs, in 1,000 requests; 20 drawn by --seed 0$/m);
    expect(stdout).toMatch(/^Tokens +about 49,000 by the sample; inputs alone at most [\d,]+$/m);
    expect(stdout).toMatch(/^Cost +about \$54\.00 by the sample; inputs alone at most \$[\d.]+$/m);
    expect(stdout).toMatch(/^Time +about \S+/m);
    expect(stderr).toMatch(/^Inputs +20 answered, 0 failed$/m);
    await expect(access(`${folder}/out.jsonl`)).rejects.toThrow(/ENOENT/);
  });

  test("the same seed draws the same inputs, another one others; each in its order", async () => {
    const one = await ran("--sample", "5");
    const again = await ran("--sample", "5", "--seed", "0", "--concurrency", "1");
    const other = await ran("--sample", "5", "--seed", "1");
    expect(again.sent).toEqual(one.sent);
    expect(other.sent).not.toEqual(one.sent);
    const shown = [...one.stdout.matchAll(/^│ (\d+) /gm)].map(([, index]) => Number(index));
    expect(shown).toEqual(shown.toSorted((first, second) => first - second));
  });

  test("of an input with fewer: all of them, failures with their reasons", async () => {
    const server = await chatServer();
    const folder = await temporaryFolder({ "in.csv": "id,text\n1,a\n2\n" });
    const child = startChild(folder, server.baseURL, [...CHAT, "--sample", "20"]);
    expect(await child.ended).toBe(1);
    expect(child.said.stdout).toMatch(/│ 0 +│ About a/);
    expect(child.said.stdout).toMatch(/│ 1 +│ +│ invalid_input: Expected line 3 to have 2 values/);
    expect(child.said.stdout).toMatch(/^All +1 input, and 1 that cannot be sent, in 1 request; 2 drawn/m);
  });

  test("a column for each property of --schema, with lines of a value kept apart from the terminal's commands", async () => {
    const server = await chatServer(() => JSON.stringify({ label: "\u001B[2Jgood\nor not", stars: 5 }));
    const schema = {
      type: "object",
      properties: { label: { type: "string" }, stars: { type: "integer" } },
      required: ["label", "stars"],
    };
    const folder = await temporaryFolder({ "in.csv": INPUT, "schema.json": JSON.stringify(schema) });
    const child = startChild(folder, server.baseURL, [...CHAT, "--schema", "schema.json", "--sample", "2"]);
    expect(await child.ended, child.said.stderr).toBe(0);
    expect(child.said.stdout).toMatch(/│ index │ input +│ label +│ stars │/);
    expect(child.said.stdout).toMatch(/│ About text \d{3} │ good +│ 5 +│\n│ +│ +│ or not +│ +│/);
    expect(child.said.stdout).not.toContain("\u001B");
  });

  test("with -o its rows are written, too", async () => {
    const { code, folder, stdout } = await ran("--sample", "3", "--keep", "id", "-o", "out.jsonl");
    expect(code).toBe(0);
    const rows = await rowsIn(folder);
    expect(rows.map(({ index, id, output }) => [index, (output as { text: string }).text, id])).toEqual(
      [...stdout.matchAll(/^│ (\d+) +│ (About text \d{3})/gm)].map(([, position, text], at) => [
        at,
        `Answer to: ${text}`,
        position,
      ]),
    );
    await expect(readFile(`${folder}/out.jsonl.batchwise/run.json`)).rejects.toThrow(/ENOENT/);
  });

  test.each<[string, string[], RegExp]>([
    ["--estimate", ["--sample", "2", "--estimate"], /Expected --sample or --estimate, got both/],
    ["--resume", ["--sample", "2", "--resume", "-o", "out.jsonl"], /Expected --sample or --resume, got both/],
    ["--seed alone", ["--seed", "2"], /Expected --sample with --seed/],
    ["none", ["--sample", "0"], /Give a whole number from 1/],
  ])("%s is refused", async (_, flags, message) => {
    const { code, sent, stderr } = await ran(...flags);
    expect([code, sent]).toEqual([2, []]);
    expect(stderr).toMatch(message);
  });
});
