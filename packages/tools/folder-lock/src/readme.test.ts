import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { snippetsIn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import * as folderLock from "./index.ts";

test("the snippet runs and prints what it says", async () => {
  const [snippet, ...others] = await snippetsIn(new URL("../README.md", import.meta.url));
  expect(others).toEqual([]);
  const folder = await fs.mkdtemp(join(tmpdir(), "batchwise-lock-"));
  const { FolderLock } = folderLock;
  const printed = await snippet?.run({
    "node:fs/promises": { mkdir: (path: string, options: object) => fs.mkdir(join(folder, path), options) },
    "@batchwise/folder-lock": {
      FolderLock: { take: (path: string, options?: object) => FolderLock.take(join(folder, path), options) },
    },
  });
  expect(printed).toEqual([["FolderLockError"]]);
  await fs.rm(folder, { recursive: true });
});
