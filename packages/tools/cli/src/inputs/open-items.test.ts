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

/** What is kept of each input of JSONL, by the names. */
async function keptIn(keep: readonly string[], ...files: readonly string[]): Promise<unknown[]> {
  const folder = await temporaryFolder(Object.fromEntries(files.map((text, at) => [`${at}.jsonl`, text])));
  const found = await inputFiles(path.join(folder, "*.jsonl"), folder);
  const choice = { wanted: undefined, stdin: Readable.from([]) };
  const { items } = await openItems(found, choice, { target: ANY, field: undefined, keep, limit: Infinity });
  return (await collected(items)).map(({ kept }) => kept);
}

// Seen in use, 2026-11-30: a paid run with --keep ID for records with `id` had rows without ids, and exit code 0.
test("a name of --keep that none of the first 100 records has is refused", async () => {
  const records = '{"id":1,"text":"a"}\n{"text":"b"}\n';
  await expect(keptIn(["id", "ID"], records)).rejects.toThrow("Expected a column ID in the input, got: id, text.");
  await expect(keptIn(["ID"], records, records)).rejects.toThrow("Expected a column ID in the input, got: id, text.");
  await expect(keptIn(["id"], "1\n")).rejects.toThrow("Expected a column id in the input, got: none.");
  await expect(keptIn(["id"], `${'{"text":"a"}\n'.repeat(100)}${records}`)).rejects.toThrow("got: text.");
});

test("a field to keep that some records, some files or an empty input lack is fine", async () => {
  const [one, other] = ['{"text":"a"}\n', '{"id":null,"text":"b"}\n{"id":2}\n'];
  expect(await keptIn(["id"], "broken\n", one, other)).toEqual([
    { file: expect.any(String) },
    { file: expect.any(String) },
    expect.objectContaining({ id: null }),
    expect.objectContaining({ id: 2 }),
  ]);
  expect(await keptIn(["id"], `${'{"text":"a"}\n'.repeat(99)}${other}`)).toHaveLength(101);
  expect(await keptIn(["id"], "")).toEqual([]);
  expect(await keptIn(["id"], "broken\n")).toEqual([{}]);
});
