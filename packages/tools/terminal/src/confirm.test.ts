import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { confirm } from "./confirm.ts";

function dialog(isTTY: boolean, answer: string): { input: PassThrough; output: PassThrough } {
  const input = Object.assign(new PassThrough(), { isTTY });
  input.end(answer);
  return { input, output: new PassThrough() };
}

test.each([
  ["y\n", true],
  ["YES\n", true],
  ["\n", false],
  ["no\n", false],
])("a terminal is asked: %j", async (answer, expected) => {
  const streams = dialog(true, answer);
  expect(await confirm("Deletes 5 entries.", streams)).toBe(expected);
  expect(String(streams.output.read())).toContain("Deletes 5 entries. Go on? [y/N]");
});

test("without a terminal there is no answer, and what would be done is said", async () => {
  const streams = dialog(false, "y\n");
  expect(await confirm("Deletes 5 entries.", streams)).toBeUndefined();
  expect(String(streams.output.read())).toBe("Deletes 5 entries.\n");
});
