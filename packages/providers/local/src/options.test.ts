import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { withOptionTables } from "@batchwise/adapter-kit";
import { ArgumentError } from "@batchwise/core";
import { expect, test } from "vitest";
import { EMBEDDINGS, type LocalEmbeddingsOptions, resolveOptions } from "./options.ts";

test.for<[string, unknown, string]>([
  ["model", "", "the name of a model or the path of a folder, got an empty string"],
  ["model", 5, "the name of a model or the path of a folder, got 5"],
  ["threads", -1, "a whole number from 0, got -1"],
  ["threads", 1.5, "a whole number from 0, got 1.5"],
  ["threads", "2", "a whole number from 0, got a string of length 1"],
  ["cacheDir", null, "the path of a folder, got null"],
  ["maxTokens", 0, "a whole number from 1, got 0"],
  ["maxTokens", Number.NaN, "a whole number from 1, got NaN"],
  ["truncate", "yes", "true or false, got a string of length 3"],
  ["dimensions", 0.5, "a whole number from 1, got 0.5"],
  ["onStatus", "log", "a function, got a string of length 3"],
])("%s refuses %s", ([name, value, message]) => {
  const options = { [name]: value } as LocalEmbeddingsOptions;
  expect(() => resolveOptions(options)).toThrow(ArgumentError);
  expect(() => resolveOptions(options)).toThrow(`Expected \`${name}\` to be ${message}. Correct it or leave it out.`);
});

test("defaults: a thread for each core up to 4, truncation, any dimensions", () => {
  expect(resolveOptions({})).toMatchObject({
    threads: Math.min(availableParallelism(), 4),
    truncate: true,
  });
  expect(resolveOptions({ cacheDir: join(".", "models") }).cacheDir).toBe(resolve("models"));
});

test("the README's table of options says what the declarations say (`npx vitest -u` writes it)", async () => {
  const path = fileURLToPath(new URL("../README.md", import.meta.url));
  const readme = withOptionTables(await readFile(path, "utf8"), { embeddings: EMBEDDINGS.group });
  await expect(readme).toMatchFileSnapshot(path);
});
