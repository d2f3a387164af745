import { readFile } from "node:fs/promises";
import path from "node:path";
import { snippetsIn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { runCommandLine } from "./cli.ts";
import { scaffold, type ScaffoldOptions } from "./index.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const README = new URL("../README.md", import.meta.url);

test("the README's snippet runs as it stands there", { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const own = {
    scaffold: (options: ScaffoldOptions) => scaffold({ ...options, dir: path.join(folder, options.dir ?? "") }),
  };
  const printed: unknown[][] = [];
  for (const snippet of await snippetsIn(README)) {
    printed.push(...(await snippet.run({ "create-batchwise-adapter": own })));
  }
  expect(printed).toEqual([[true, true]]);
});

test("the README has every flag that --help shows", async () => {
  let help = "";
  await runCommandLine(["--help"], { out: (text) => (help += text), error: () => {}, terminal: undefined });
  const [options = ""] = help.split("Examples:");
  const readme = await readFile(README, "utf8");
  const flags = [...options.matchAll(/--[a-z-]+( <\w+>)?/g)].map(([flag]) => flag);
  const missing = flags.filter((flag) => flag !== "--help" && !readme.includes(`\`${flag}\``));
  expect(flags).toContain("--max-inputs <count>");
  expect(missing).toEqual([]);
});
