import * as cohere from "@batchwise/cohere";
import { ArgumentError } from "@batchwise/core";
import { Fetcher } from "@batchwise/fetch";
import * as openai from "@batchwise/openai";
import { describe, expect, test } from "vitest";

type Class = new (options?: unknown) => object;
const CLASSES: Readonly<Record<string, unknown>> = { ...openai, ...cohere, Fetcher };
const adapters = Object.entries(CLASSES).filter(
  (entry): entry is [string, Class] => typeof entry[1] === "function" && /^[A-Z]/.test(entry[0]),
);

describe.for(adapters)("new %s", ([name, Adapter]) => {
  test("without arguments works, or says what is missing", () => {
    let failure: unknown;
    try {
      void new Adapter();
    } catch (error) {
      failure = error;
    }
    expect(failure === undefined || ArgumentError.isInstance(failure)).toBe(true);
    const message = failure instanceof Error ? failure.message : "";
    expect(message).toMatch(/^$|^Expected `(options|apiKey)` to be .*, got undefined\. \w/);
  });

  test.for([null, "gpt-6-luna", 5])("(%j) says what its options are", (options) => {
    expect(() => new Adapter(options)).toThrow(ArgumentError);
    expect(() => new Adapter(options)).toThrow(
      new RegExp(`^Expected \`options\` to be an object, got .*\\. Write new ${name}\\(.*\\)\\.$`),
    );
  });

  test.for([
    ["concurrency", "maxConcurrency"],
    ["timeout", "timeoutMs"],
    ["maxRetries", "retry: { attempts }"],
    ...(name === "Fetcher" ? [] : ([["baseUrl", "baseURL"]] as const)),
  ] as const)("({ %s }) says that it is called %s", ([foreign, ours]) => {
    expect(() => new Adapter({ [foreign]: 3 })).toThrow(`Did you mean \`${ours}\`?`);
  });
});

test("there is a class for each adapter", () => {
  expect(adapters.length).toBeGreaterThanOrEqual(9);
});
