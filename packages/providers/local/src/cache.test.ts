import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError } from "@batchwise/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cachedFile, defaultCacheFolder } from "./cache.ts";

const content = Buffer.from("the converted model");
const sha256 = createHash("sha256").update(content).digest("hex");

let folder: string;
let built: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-cache-"));
  built = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const build = async (): Promise<Uint8Array> => {
  built++;
  return content;
};

test("builds once, then finds the file", async () => {
  const path = await cachedFile({
    folder: join(folder, "new", "folders"),
    name: "model",
    sha256,
    build,
  });
  expect(await readFile(path)).toEqual(content);
  expect(await cachedFile({ folder: join(folder, "new", "folders"), name: "model", sha256, build })).toBe(path);
  expect(built).toBe(1);
});

test.for([
  ["cut short", content.subarray(0, 5)],
  ["changed in one byte", Buffer.from("the converted modem")],
  ["empty", Buffer.alloc(0)],
] as const)("a file that is %s is built again", async ([, damaged]) => {
  await writeFile(join(folder, "model"), damaged);
  const path = await cachedFile({ folder, name: "model", sha256, build });
  expect(await readFile(path)).toEqual(content);
  expect(built).toBe(1);
});

test("builders that run at once do not disturb each other, and leave one file", async () => {
  const gate = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 8 }, () =>
    cachedFile({
      folder,
      name: "model",
      sha256,
      build: async () => {
        if (++built === 8) gate.resolve();
        await gate.promise;
        return content;
      },
    }),
  );
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([join(folder, "model")]));
  expect(await readdir(folder)).toEqual(["model"]);
  expect(await readFile(join(folder, "model"))).toEqual(content);
});

test("a file that is there stays when another process replaces it by the same", async () => {
  const path = await cachedFile({ folder, name: "model", sha256, build });
  const before = (await stat(path)).ino;
  await cachedFile({ folder, name: "model", sha256, build });
  expect((await stat(path)).ino).toBe(before);
});

test("a build that fails leaves nothing behind, and its error is the caller's", async () => {
  const failed = cachedFile({
    folder,
    name: "model",
    sha256,
    build: () => Promise.reject(new Error("no weights")),
  });
  await expect(failed).rejects.toThrow("no weights");
  expect(await readdir(folder)).toEqual([]);
});

test("a folder that cannot be written to is an ArgumentError that says what to set", async () => {
  const file = join(folder, "a-file");
  await writeFile(file, "");
  const failed = cachedFile({ folder: join(file, "models"), name: "model", sha256, build });
  await expect(failed).rejects.toSatisfy((error) => ArgumentError.isInstance(error));
  await expect(failed).rejects.toThrow(/can be written to, got .*a-file.*\. Set `cacheDir` or .*BATCHWISE_CACHE_DIR/);
});

test("the default folder follows the environment", () => {
  expect(defaultCacheFolder({ BATCHWISE_CACHE_DIR: "/b", XDG_CACHE_HOME: "/x" })).toBe(join("/b", "models"));
  expect(defaultCacheFolder({ XDG_CACHE_HOME: "/x" })).toBe(join("/x", "batchwise", "models"));
  expect(defaultCacheFolder({})).toBe(join(homedir(), ".cache", "batchwise", "models"));
});
