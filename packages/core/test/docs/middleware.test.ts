import { inspect } from "node:util";
import * as core from "@batchwise/core";
import { snippetsIn } from "@batchwise/testkit";
import { expect, test } from "vitest";

test("the snippets of docs/middleware.md print what they say", async () => {
  const snippets = await snippetsIn(new URL("../../../../docs/middleware.md", import.meta.url));
  expect(snippets).toHaveLength(4);
  for (const snippet of snippets) {
    const said = snippet.code.split("\n").flatMap((line) => (line.startsWith("// ") ? [line.slice(3)] : []));
    const printed = await snippet.run({ "@batchwise/core": core });
    expect(
      printed.map((values) => values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ")),
    ).toEqual(said);
  }
});

test("a logger is ten lines", async () => {
  const [logger] = await snippetsIn(new URL("../../../../docs/middleware.md", import.meta.url));
  const body = logger!.code.slice(logger!.code.indexOf("const logger"), logger!.code.indexOf("const outputs"));
  expect(body.trim().split("\n").length).toBeLessThanOrEqual(10);
});
