import { afterEach, expect, test, vi } from "vitest";
import { connectionAdvice } from "./connection-advice.ts";

afterEach(() => vi.unstubAllEnvs());

// vercel/ai#4224, ollama/ollama-js#72: a model that thinks for longer than Node waits for headers.
test.for(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"])("%s names Node's 300 s and the way out", (code) => {
  expect(connectionAdvice(code)).toMatch(/300 s.*`fetch`/);
});

test("a proxy in the environment that Node does not use is named, by its variable alone", () => {
  for (const name of ["HTTPS_PROXY", "https_proxy", "NODE_USE_ENV_PROXY", "NODE_OPTIONS"]) vi.stubEnv(name, undefined);
  expect(connectionAdvice("ECONNREFUSED")).toBeUndefined();
  vi.stubEnv("https_proxy", "http://user:SECRET@proxy:8080");
  expect(connectionAdvice("ENOTFOUND")).toMatch(/^HTTPS_PROXY is set(?!.*SECRET)/);
  vi.stubEnv("NODE_OPTIONS", "--use-env-proxy");
  expect(connectionAdvice("ENOTFOUND")).toBeUndefined();
  vi.stubEnv("NODE_OPTIONS", undefined);
  vi.stubEnv("NODE_USE_ENV_PROXY", "1");
  expect(connectionAdvice("ENOTFOUND")).toBeUndefined();
});
