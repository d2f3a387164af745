import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { withOptionTables } from "@batchwise/adapter-kit";
import { ArgumentError } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { Fetcher } from "./fetcher.ts";
import { FETCHER, type FetcherOptions } from "./options.ts";

test.each<[FetcherOptions, RegExp]>([
  [{ as: "xml" as never }, /`as` to be "json", "text", "bytes" or a function/],
  [{ headers: "x" as never }, /`headers`/],
  [{ headers: { "bad name": "SECRET" } }, /`headers` to be an object of names and values that a header can have/],
  [{ headers: { good: "SECRET\nline" } }, /`headers`/],
  [{ redirect: "away" as never }, /`redirect`/],
  [{ accept: 200 as never }, /`accept` to be a function/],
  [{ maxBytes: -1 }, /`maxBytes` to be a number from 0, or Infinity, got -1/],
  [{ timeoutMs: 0 }, /`timeoutMs`/],
  [{ maxConcurrency: 1.5 }, /`maxConcurrency`/],
  [{ perHost: 2 as never }, /`perHost`/],
  [{ perHost: { maxConcurrency: 0 } }, /`perHost\.maxConcurrency`/],
  [{ perHost: { requestsPerMinute: -1 } }, /`perHost\.requestsPerMinute`/],
  [{ retryAnyMethod: "yes" as never }, /`retryAnyMethod`/],
  [{ fetch: "fetch" as never }, /`fetch`/],
  [{ timeout: 5 } as object, /Expected only known options of Fetcher, got `timeout`\. Did you mean `timeoutMs`\?/],
])("an option that cannot be worked with: %j", (options, message) => {
  expect(() => new Fetcher(options)).toThrow(ArgumentError);
  expect(() => new Fetcher(options)).toThrow(message);
  expect(() => new Fetcher(options)).not.toThrow(/SECRET/);
});

test("limits that a function gives are held against the same", async () => {
  const fetcher = new Fetcher({ perHost: () => ({ maxConcurrency: 0 }), fetch: async () => Response.json(1) });
  expect(await failureOf(fetcher.invoke("https://example.com"))).toBeInstanceOf(ArgumentError);
});

test("the README's table of options says what the declarations say (`npx vitest -u` writes it)", async () => {
  const path = fileURLToPath(new URL("../README.md", import.meta.url));
  const readme = withOptionTables(await readFile(path, "utf8"), { fetcher: FETCHER.group });
  await expect(readme).toMatchFileSnapshot(path);
});
