import path from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { collected } from "../testing/collected.ts";
import { temporaryFolder } from "../testing/workbench.ts";
import { inputFiles } from "./input-files.ts";
import { openItems } from "./open-items.ts";

const ANY = { kind: "any", inputs: undefined, options: {} };

/** Shares of the work that is done after each input. */
async function shares(
  files: Readonly<Record<string, string | Uint8Array>>,
  limit: number,
  typed?: string,
): Promise<(number | undefined)[]> {
  const folder = await temporaryFolder(files);
  const names = typed === undefined ? Object.keys(files).map((name) => path.join(folder, name)) : "-";
  const stdin = Readable.from([Buffer.from(typed ?? "")]);
  const selection = { target: ANY, field: undefined, keep: [], limit };
  const { items, size } = await openItems(await inputFiles(names, folder), { wanted: undefined, stdin }, selection);
  return (await collected(items)).map(({ end }) => (size === undefined ? undefined : end / size));
}

const FOUR = "1\n2\n3\n4\n";

test("the share of the work is that of the inputs that are asked for", async () => {
  expect(await shares({ "in.jsonl": FOUR }, Infinity)).toEqual([0.25, 0.5, 0.75, 1]);
  expect(await shares({ "in.jsonl": FOUR }, 2)).toEqual([0.5, 1]);
  expect(await shares({ "in.jsonl": FOUR }, 8)).toEqual([0.25, 0.5, 0.75, 1]);
  expect(await shares({ "a.jsonl": FOUR, "b.jsonl": FOUR }, Infinity)).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((at) => at / 8),
  );
  expect(await shares({ "a.jsonl": FOUR, "b.jsonl": FOUR }, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
});

test("a source of unknown size has a share where a limit gives one", async () => {
  expect(await shares({}, Infinity, FOUR)).toEqual([undefined, undefined, undefined, undefined]);
  expect(await shares({}, 2, FOUR)).toEqual([0.5, 1]);
  expect(await shares({ "in.jsonl.gz": gzipSync(FOUR) }, 2)).toEqual([0.5, 1]);
});
