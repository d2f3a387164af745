import { rateLimiter } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test, vi } from "vitest";
import { BASE_URL, connect, settingsOf } from "./options.ts";

test("the key comes from MY_PROVIDER_API_KEY where none is given, and is never shown", () => {
  vi.stubEnv("MY_PROVIDER_API_KEY", "from-environment");
  expect(connect({})).toMatchObject({ apiKey: "from-environment", baseURL: BASE_URL });
  vi.unstubAllEnvs();
  expect(() => connect({ apiKey: "" })).toThrow("MY_PROVIDER_API_KEY");
  expect(() => connect({ apiKey: "secret\nkey" })).not.toThrow(/secret/);
});

test("what cannot be worked with is said at once", () => {
  const connection = connect({ apiKey: "k" });
  expect(() => connect({ apiKey: "k", baseURL: "nowhere" })).toThrow("`baseURL` to be a URL");
  expect(() => settingsOf({ maxConcurrency: 0 }, connection, "m")).toThrow("`maxConcurrency` to be a whole number");
  expect(() => settingsOf({ timeoutMs: -1 }, connection, "m")).toThrow("`timeoutMs` to be a number above 0, came -1");
});

test("every option reaches the engine", () => {
  const connection = connect({ apiKey: "k" });
  const limiter = rateLimiter({ clock: new FakeClock() });
  const settings = settingsOf({ maxConcurrency: 2, timeoutMs: 3, retry: false, limiter }, connection, "m");
  expect(settings).toMatchObject({ maxConcurrency: 2, timeoutMs: 3, retry: false, limiter });
  expect(settings.weigh?.("é!")).toEqual({ tokens: 3 });
});

test("Runnables of one key and model share a limiter, unless their limits differ", () => {
  const connection = connect({ apiKey: "k" });
  const { limiter } = settingsOf({}, connection, "m");
  expect(settingsOf({}, connection, "m").limiter).toBe(limiter);
  expect(settingsOf({}, connection, "another").limiter).not.toBe(limiter);
  expect(settingsOf({ requestsPerMinute: 10, tokensPerMinute: 9 }, connection, "m").limiter).not.toBe(limiter);
});
