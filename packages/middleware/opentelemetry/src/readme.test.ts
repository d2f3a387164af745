import { readFile } from "node:fs/promises";
import { startEmulator } from "@batchwise/emulator";
import * as openai from "@batchwise/openai";
import { runnable } from "@batchwise/core";
import { snippetsIn } from "@batchwise/testkit";
import * as sdk from "@opentelemetry/sdk-trace";
import { expect, test, vi } from "vitest";
import { instrumentsOf } from "./instruments.ts";
import * as telemetry from "./index.ts";
import { ATTRIBUTE } from "./names.ts";
import { collector } from "./testing/collector.ts";

const readme = new URL("../README.md", import.meta.url);

test("the snippet runs and prints what it says", async () => {
  await using emulator = await startEmulator();
  vi.stubEnv("OPENAI_API_KEY", "key");
  vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
  const [snippet, ...others] = await snippetsIn(readme);
  expect(others).toEqual([]);
  const modules = {
    "@batchwise/openai": openai,
    "@batchwise/opentelemetry": telemetry,
    "@opentelemetry/sdk-trace": sdk,
  };
  const printed = (await snippet!.run(modules)).map((line) => `// ${line.join(" ")}\n`).join("");
  expect(snippet!.code).toContain(printed);
  expect(printed).not.toBe("");
  vi.unstubAllEnvs();
});

test("the tables have every option, attribute and metric", async () => {
  const text = await readFile(readme, "utf8");
  const inner = runnable((input: string) => input);
  const [, options] = /Known: (.*)\.$/.exec(refusal(() => telemetry.withTelemetry(inner, { none: 1 } as never)))!;
  expect(options!.split(", ").filter((name) => !text.includes(`| \`${name}\``))).toEqual([]);

  const { meterProvider } = collector().providers;
  const meter = meterProvider.getMeter("readme");
  const names: string[] = [];
  const named = new Proxy(meter, {
    get: (target, property) => (name: string, own: object) => {
      names.push(name);
      return (Reflect.get(target, property) as (...all: unknown[]) => unknown).call(target, name, own);
    },
  });
  instrumentsOf(named);
  expect(names).toHaveLength(9);
  expect(names.filter((name) => !text.includes(`| \`${name}\``))).toEqual([]);

  // `.attempt` stands for `batchwise.request.attempt`.
  const isTold = (name: string): boolean =>
    text.includes(`\`${name}\``) || text.includes(`, \`.${name.split(".").slice(2).join(".")}\``);
  expect(Object.values(ATTRIBUTE).filter((name) => !isTold(name))).toEqual([]);
});

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
