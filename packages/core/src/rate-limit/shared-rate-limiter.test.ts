import { sharedRateLimiter } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, it, vi } from "vitest";

it("one owner's pool has one limiter, whether the owner is a client or a name", () => {
  const client = {};
  expect(sharedRateLimiter(client, "model")).toBe(sharedRateLimiter(client, "model"));
  expect(sharedRateLimiter("a key", "model")).toBe(sharedRateLimiter("a key", "model"));
});

it("another owner, pool or limit has its own", () => {
  const limiter = sharedRateLimiter("key", "model", { concurrency: 5 });
  expect(sharedRateLimiter("key 2", "model", { concurrency: 5 })).not.toBe(limiter);
  expect(sharedRateLimiter({}, "model", { concurrency: 5 })).not.toBe(limiter);
  expect(sharedRateLimiter("key", "model 2", { concurrency: 5 })).not.toBe(limiter);
  expect(sharedRateLimiter("key", "model", { concurrency: 5, requestsPerMinute: 9 })).not.toBe(limiter);
});

it("a clock of one's own is not shared", () => {
  const clock = new FakeClock();
  expect(sharedRateLimiter("key", "model", { clock })).not.toBe(sharedRateLimiter("key", "model", { clock }));
});

// Of Cloudflare's workerd with compatibility dates before 2025-05-05.
it("is shared where there is no WeakRef", () => {
  vi.stubGlobal("WeakRef", undefined);
  try {
    expect(sharedRateLimiter("key", "elsewhere")).toBe(sharedRateLimiter("key", "elsewhere"));
  } finally {
    vi.unstubAllGlobals();
  }
});
