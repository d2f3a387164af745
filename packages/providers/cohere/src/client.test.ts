import { ArgumentError } from "@batchwise/core";
import { CohereClient, CohereClientV2 } from "cohere-ai";
import { failureOf } from "@batchwise/testkit";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { type CohereClientLike, type CohereClientOptions, connect } from "./client.ts";
import { CohereEmbeddings } from "./embeddings.ts";
import { embedded, Wire } from "./fixtures/wire.ts";

beforeEach(() => {
  vi.stubEnv("CO_API_KEY", undefined);
  vi.stubEnv("CO_API_URL", undefined);
});

test("the address is in CO_API_URL where none is given, as the emulator prints it", async () => {
  vi.stubEnv("CO_API_URL", "http://127.0.0.1:9999");
  const wire = new Wire(() => embedded([[1, 2]]));
  const options = { model: "m", inputType: "clustering", apiKey: "k", fetch: wire.fetch } as const;
  await new CohereEmbeddings(options).invoke("a");
  await new CohereEmbeddings({ ...options, baseURL: "http://host.test" }).invoke("a");
  vi.stubEnv("CO_API_URL", "");
  await new CohereEmbeddings(options).invoke("a");
  expect(wire.requests.map(({ url }) => new URL(url).host)).toEqual(["127.0.0.1:9999", "host.test", "api.cohere.com"]);
  vi.stubEnv("CO_API_URL", "no address");
  expect(() => new CohereEmbeddings(options)).toThrow(
    "Expected CO_API_URL to be an address such as https://host/v1, got a string.",
  );
});
afterEach(() => vi.unstubAllEnvs());

test("the key is in CO_API_KEY where none is given", async () => {
  vi.stubEnv("CO_API_KEY", "from-the-environment");
  const wire = new Wire(() => embedded([[1]]));
  await new CohereEmbeddings({ model: "m", inputType: "clustering", fetch: wire.fetch }).invoke("a");
  expect(wire.requests[0]?.headers.get("authorization")).toBe("Bearer from-the-environment");
});

test("the SDK's own clients fit, old and new", async () => {
  expectTypeOf<CohereClientV2>().toExtend<CohereClientLike>();
  expectTypeOf<CohereClient["v2"]>().toExtend<CohereClientLike>();
  const wire = new Wire(() => embedded([[1]]));
  const old = new CohereClient({ token: "key", fetch: wire.fetch });
  for (const client of [new CohereClientV2({ token: "key", fetch: wire.fetch }), old.v2]) {
    const embeddings = new CohereEmbeddings({ model: "m", inputType: "clustering", client });
    expect(await embeddings.invoke("a")).toEqual(Float32Array.of(1));
  }
});

describe("options that cannot be worked with", () => {
  const client = new CohereClientV2({ token: "key" });

  test.each<[string, CohereClientOptions, RegExp]>([
    ["no key", {}, /`apiKey`.*got undefined.*CO_API_KEY/],
    ["a key of another type", { apiKey: 5 as never }, /`apiKey`.*got 5/],
    ["an address that is none", { apiKey: "k", baseURL: "api" }, /`baseURL` to be an address/],
    ["a fetch that is none", { apiKey: "k", fetch: "fetch" as never }, /`fetch` to be a function/],
    ["headers that are none", { apiKey: "k", headers: "a: b" as never }, /`headers` to be an object/],
    ["a client that is none", { client: "client" as never }, /`client` to be a CohereClientV2/],
    ["a client and a key", { client, apiKey: "k", baseURL: "http://a" }, /either `client` or `apiKey`, got both/],
  ])("%s", (_, options, message) => {
    const make = (): unknown => new CohereEmbeddings({ model: "m", inputType: "clustering", ...options });
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });

  test.each(["sk-SECRET\n", " sk-SECRET", "sk-SECRET é"])(
    "P35 a key that no header holds is in no message: %j",
    (apiKey) => {
      expect(() => connect({ apiKey }, CohereClientV2)).toThrow(
        /a string of visible ASCII characters.*got a string of length 1\d/,
      );
      expect(() => connect({ apiKey }, CohereClientV2)).not.toThrow(/SECRET/);
    },
  );

  test("P35 nor is one that a function gives", async () => {
    const wire = new Wire(() => embedded([[1]]));
    const options = { model: "m", inputType: "clustering", fetch: wire.fetch } as const;
    const error = await failureOf(new CohereEmbeddings({ ...options, apiKey: () => "sk-SECRET\n" }).invoke("a"));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message).not.toContain("SECRET");
    expect(wire.requests).toEqual([]);
  });

  test("what the function that gives the key throws comes through", async () => {
    const down = new Error("the vault is closed");
    const apiKey = (): Promise<string> => Promise.reject(down);
    expect(await failureOf(new CohereEmbeddings({ model: "m", inputType: "clustering", apiKey }).invoke("a"))).toBe(
      down,
    );
  });
});
