import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { startEmulator } from "./index.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];

test("the snippets run and print what their comments promise", async () => {
  const snippets = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
  expect(snippets).toHaveLength(1);
  for (const snippet of snippets) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...conditions, "--input-type=module-typescript", "--eval", snippet],
      { cwd: folder },
    );
    const promised = [...snippet.matchAll(/^console\.log.*; \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(stdout.trim().split("\n")).toEqual(promised);
  }
});

test("the table of options has every option", async () => {
  const message = await startEmulator({ none: 1 } as never).catch((error: Error) => error.message);
  const names = /Known options: (.*)\.$/.exec(message as string)?.[1]?.split(", ") ?? [];
  expect(names).toContain("seed");
  const missing = names.filter((name) => !readme.includes(`\`${name}`));
  expect(missing).toEqual([]);
});
