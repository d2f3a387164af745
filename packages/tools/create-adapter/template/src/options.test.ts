import { defineOptions } from "@batchwise/adapter-kit";
import { rateLimiter } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test, vi } from "vitest";
import { BASE_URL, COMMON, connect, settingsOf } from "./options.ts";

const options = defineOptions("MyProvider", COMMON);

test("the key comes from MY_PROVIDER_API_KEY where none is given, and is never shown", () => {
  vi.stubEnv("MY_PROVIDER_API_KEY", "from-environment");
  expect(connect({})).toMatchObject({ apiKey: "from-environment", baseURL: BASE_URL });
  vi.unstubAllEnvs();
  expect(() => connect({ apiKey: "" })).toThrow("MY_PROVIDER_API_KEY");
  expect(() => options.check({ apiKey: "secret\nkey" })).toThrow("`apiKey` to be a string of visible ASCII characters");
  expect(() => options.check({ apiKey: "secret\nkey" })).not.toThrow(/secret/);
});

test("what cannot be worked with is said at once", () => {
  expect(() => options.check({ baseURL: "nowhere" })).toThrow("`baseURL` to be an address");
  expect(() => options.check({ maxConcurrency: 0 })).toThrow("`maxConcurrency` to be a whole number");
  expect(() => options.check({ timeoutMs: -1 })).toThrow("`timeoutMs` to be a number above 0");
  expect(() => options.check({ timeoutMS: 1 })).toThrow("got `timeoutMS`");
});

test("every option reaches the engine", () => {
  const connection = connect({ apiKey: "k" });
  const limiter = rateLimiter({ clock: new FakeClock() });
  const settings = settingsOf({ maxConcurrency: 2, timeoutMs: 3, retry: false, limiter }, connection, "m");
  expect(settings).toMatchObject({ maxConcurrency: 2, timeoutMs: 3, retry: false, limiter });
});

test("Runnables of one key and model share a limiter, unless their limits differ", () => {
  const connection = connect({ apiKey: "k" });
  const { limiter } = settingsOf({}, connection, "m");
  expect(settingsOf({}, connection, "m").limiter).toBe(limiter);
  expect(settingsOf({}, connection, "another").limiter).not.toBe(limiter);
  expect(settingsOf({ requestsPerMinute: 10, tokensPerMinute: 9 }, connection, "m").limiter).not.toBe(limiter);
});
