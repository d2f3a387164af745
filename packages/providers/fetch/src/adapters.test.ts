import { systemClock } from "@batchwise/core";
import { afterEach, expect, test, vi } from "vitest";
import { Wire } from "./fixtures/wire.ts";
import { adapters } from "./index.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("there is one, of a kind of its own, and it takes every option of its schema", async () => {
  const wire = new Wire(() => new Response("hello"));
  vi.stubGlobal("fetch", wire.fetch);
  const { name, kind, options, create } = adapters[0]!;
  expect([name, kind, adapters.length]).toEqual(["fetch", "fetch", 1]);
  const given: Record<string, unknown> = {
    as: "text",
    headers: { "x-header": "1" },
    redirect: "manual",
    maxBytes: 5,
    timeoutMs: 1234,
    maxConcurrency: 3,
    perHost: { maxConcurrency: 2, requestsPerMinute: 100 },
    retry: { attempts: 2 },
    retryAnyMethod: true,
  };
  expect(Object.keys(options["properties"] as object).toSorted()).toEqual(Object.keys(given).toSorted());
  const made = create(given, { clock: systemClock });
  expect(await made.invoke("https://host.example/a")).toBe("hello");
  expect(wire.sent[0]?.headers.get("x-header")).toBe("1");
  expect(wire.sent[0]?.redirect).toBe("manual");
  expect(made.settings).toMatchObject({ maxConcurrency: 3, retry: { attempts: 2 } });
  await expect(create({ ...given, maxBytes: 4 }).invoke("https://host.example/a")).rejects.toThrow(/4/);
  expect(() => create({ ...given, retryAnyMethod: 1 })).toThrow(/retryAnyMethod/);
});
