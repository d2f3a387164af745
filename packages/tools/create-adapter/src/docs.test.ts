import { readFile } from "node:fs/promises";
import * as core from "@batchwise/core";
import {
  brokenRunnables,
  conformance,
  type ConformanceOptions,
  FakeClock,
  laws,
  ScriptedBackend,
  snippetsIn,
} from "@batchwise/testkit";
import { describe, expect, test } from "vitest";

const page = (name: string): URL => new URL(`../../../../${name}`, import.meta.url);

describe("docs/laws.md", () => {
  const text = readFile(page("docs/laws.md"), "utf8");

  test("has every law of the testkit, in its words and order", async () => {
    const headings = [...(await text).matchAll(/^## (L\d+: .*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(laws.map((law) => `${law.number}: ${law.title}`));
  });

  test.for([...laws])("$number names the Runnable that breaks it, its promise and its check", async ({ number }) => {
    const backend = new ScriptedBackend({ answer: (input: string) => input, clock: new FakeClock() });
    const section = (await text).split(`## ${number}: `)[1]?.split("\n## ")[0];
    expect(section).toContain(`\`${brokenRunnables[number](backend).constructor.name}\``);
    expect(section).toMatch(/\*\*Promise\.\*\*[^]*\*\*Broken by\.\*\*[^]*\*\*The check\.\*\*/);
  });

  test("its snippet registers every law, and an adapter keeps them", { timeout: 60_000 }, async () => {
    const checks: (() => Promise<void>)[] = [];
    const register = (_title: string, check: () => Promise<void>): unknown => checks.push(check);
    const runner = {
      describe: (_title: string, body: () => void) => body(),
      it: Object.assign(register, { skip: register }),
    };
    const testkit = {
      conformance: (options: ConformanceOptions<string, string>) => conformance({ ...options, runner }),
    };
    const [snippet] = await snippetsIn(page("docs/laws.md"));
    await snippet?.run({ "@batchwise/core": core, "@batchwise/testkit": testkit });
    expect(checks).toHaveLength(laws.length);
    for (const check of checks) await check();
  });
});

describe("docs/choosing-a-strategy.md", () => {
  test("its demonstration makes as many requests as it says", { timeout: 60_000 }, async () => {
    const [snippet] = await snippetsIn(page("docs/choosing-a-strategy.md"));
    const lines = (await snippet?.run({ "@batchwise/core": core })) ?? [];
    expect(lines.map(([name, requests]) => [name, requests])).toEqual([
      ["default", 120],
      ["concurrent", 120],
      ["bulk", 4],
    ]);
    expect(await readFile(page("docs/choosing-a-strategy.md"), "utf8")).toContain("120,\n120 and 4 requests");
  });

  test("its figures are those of the bench, within what two runs differ by", async () => {
    const bench = await readFile(page("apps/bench/README.md"), "utf8");
    const text = await readFile(page("docs/choosing-a-strategy.md"), "utf8");
    const rows = [...text.matchAll(/^\| `(\w+)` .*\| +([\d.]+) \| +([\d.]+) \| +(\d+) \|$/gm)];
    expect(rows.map(([, suite]) => suite)).toEqual(["chat", "embed", "faulty"]);
    for (const [, suite, bound, seconds, requests] of rows) {
      const table = bench.split(`<!-- bench:${suite}:start -->`)[1]?.split(`<!-- bench:${suite}:end -->`)[0] ?? "";
      const heads = cellsOf(table.split("\n").find((line) => line.startsWith("| contender")) ?? "");
      const own = cellsOf(table.split("\n").find((line) => line.startsWith("| Batchwise")) ?? "");
      expectClose(seconds, own[heads.indexOf("seconds")]);
      expectClose(requests, own[heads.indexOf("requests")]);
      expectClose(bound, /bound ([\d.]+) s/.exec(table)?.[1]);
      expect(own[heads.indexOf("429s")]).toBe("0");
      expect(own[heads.indexOf("lost")]).toBe("0");
    }
    expect(text).toContain("at most 2.1 times");
    expect(bench).toContain("promised: at most 2.1");
  });
});

function cellsOf(row: string): string[] {
  return row.split("|").map((cell) => cell.trim());
}

function expectClose(shown: string | undefined, measured: string | undefined): void {
  const ratio = Number(shown) / Number(measured);
  expect(ratio, `${shown} in docs/choosing-a-strategy.md, ${measured} in the bench's README`).toBeGreaterThan(0.85);
  expect(ratio, `${shown} in docs/choosing-a-strategy.md, ${measured} in the bench's README`).toBeLessThan(1.15);
}
