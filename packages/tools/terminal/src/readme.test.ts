import * as core from "@batchwise/core";
import { snippetsIn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import * as terminal from "./index.ts";

test("the snippet runs and prints what it says", async () => {
  const [snippet, ...others] = await snippetsIn(new URL("../README.md", import.meta.url));
  expect(others).toEqual([]);
  expect(await snippet?.run({ "@batchwise/core": core, "@batchwise/terminal": terminal })).toEqual([
    ["1,200 outputs"],
    ["2 min 5 s", "$0.00034"],
  ]);
});
