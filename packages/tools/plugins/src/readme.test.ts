import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { project } from "./fixtures/project.ts";

// A safeguard, not a measure: a process is started, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];

function snippet(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(readme)?.[1] ?? "";
}

test("the plugin that is published there, used by the program that is shown there", async () => {
  const cwd = await project({
    "node_modules/acme-letters/package.json": snippet("json"),
    "node_modules/acme-letters/index.js": snippet("js"),
  });
  const program = snippet("ts");
  const argv = [...conditions, "--input-type=module-typescript", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd });
  const promised = [...program.matchAll(/console\.log.*; \/\/ (.*)$/gm)].map((match) => match[1]);
  expect(promised).toHaveLength(3);
  expect(stdout.trim().split("\n")).toEqual(promised);
});
