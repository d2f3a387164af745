import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { ArgumentError } from "@batchwise/core";
import { expect, test } from "vitest";
import { type LocalEmbeddingsOptions, resolveOptions } from "./options.ts";

test.for<[string, unknown, string]>([
  ["model", "", "the path of a folder, came an empty string"],
  ["model", 5, "the path of a folder, came 5"],
  ["threads", -1, "a whole number from 0, came -1"],
  ["threads", 1.5, "a whole number from 0, came 1.5"],
  ["threads", "2", "a whole number from 0, came a value of type string"],
  ["cacheDir", null, "the path of a folder, came null"],
  ["maxTokens", 0, "a whole number from 1, came 0"],
  ["maxTokens", Number.NaN, "a whole number from 1, came NaN"],
  ["truncate", "yes", "true or false, came a value of type string"],
  ["dimensions", 0.5, "a whole number from 1, came 0.5"],
  ["onStatus", "log", "a function, came a value of type string"],
])("%s refuses %s", ([name, value, message]) => {
  const options = { [name]: value } as LocalEmbeddingsOptions;
  expect(() => resolveOptions(options)).toThrow(ArgumentError);
  expect(() => resolveOptions(options)).toThrow(`Expected \`${name}\` to be ${message}. Correct it or leave it out.`);
});

test("defaults: a thread for each core up to 4, truncation, any dimensions", () => {
  expect(resolveOptions({})).toMatchObject({
    model: undefined,
    threads: Math.min(availableParallelism(), 4),
    truncate: true,
    maxTokens: undefined,
    dimensions: undefined,
  });
  expect(resolveOptions({ cacheDir: join(".", "models") }).cacheFolder).toBe(resolve("models"));
});
