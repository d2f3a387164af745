import { ArgumentError } from "@batchwise/core";
import { AzureOpenAI, OpenAI } from "openai";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect, type ConnectionOptions } from "./client.ts";
import { ownsInput } from "./errors.ts";
import { OpenAIModeration } from "./index.ts";
import { type SentRequest, wire } from "./fixtures/wire.ts";
import { post } from "./send.ts";

beforeEach(() => {
  for (const name of ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"]) vi.stubEnv(name, "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test("every option reaches the wire", async () => {
  const { url, headers } = await sent({
    apiKey: "key-1",
    baseURL: "https://server.test/v9",
    organization: "org-1",
    project: "proj-1",
    defaultHeaders: { "x-trace": "on", "openai-project": "proj-2" },
    defaultQuery: { "api-version": "preview" },
  });
  expect(url).toBe("https://server.test/v9/embeddings?api-version=preview");
  expect(headers.get("authorization")).toBe("Bearer key-1");
  expect(headers.get("openai-organization")).toBe("org-1");
  expect(headers.get("openai-project")).toBe("proj-2");
  expect(headers.get("x-trace")).toBe("on");
});

test("a header that is null is left out", async () => {
  const { headers } = await sent({ apiKey: "key-1", defaultHeaders: { authorization: null, "api-key": "key-2" } });
  expect(headers.get("authorization")).toBeNull();
  expect(headers.get("api-key")).toBe("key-2");
});

test("the environment has the defaults", async () => {
  vi.stubEnv("OPENAI_API_KEY", "key-from-environment");
  vi.stubEnv("OPENAI_BASE_URL", "https://environment.test/v1");
  vi.stubEnv("OPENAI_ORG_ID", "org-2");
  vi.stubEnv("OPENAI_PROJECT_ID", "proj-2");
  const { url, headers } = await sent({});
  expect(url).toBe("https://environment.test/v1/embeddings");
  expect(headers.get("authorization")).toBe("Bearer key-from-environment");
  expect([headers.get("openai-organization"), headers.get("openai-project")]).toEqual(["org-2", "proj-2"]);
});

// A misspelled address was waited for as an outage, for two minutes.
test.for(["localhost:8080/v1", "ttp://host.test/v1", "127.0.0.1/v1"])(
  "an address in the environment that is none is refused at once: %s",
  (address) => {
    vi.stubEnv("OPENAI_BASE_URL", address);
    expect(() => connect({ apiKey: "key-1" })).toThrow(
      "Expected OPENAI_BASE_URL to be an address such as https://host/v1, got a string.",
    );
  },
);

test("without anything, requests go to OpenAI", async () => {
  expect((await sent({ apiKey: "key-1" })).url).toBe("https://api.openai.com/v1/embeddings");
});

test("a function for the key is asked for each call", async () => {
  let calls = 0;
  const apiKey = async (): Promise<string> => `key-${++calls}`;
  const { fetch, requests } = wire(() => Response.json({ data: 1 }));
  const connection = connect({ apiKey, fetch });
  await post(connection, { path: "/embeddings", body: {}, blame: { owns: ownsInput } }, "data" as never, {});
  await post(connection, { path: "/embeddings", body: {}, blame: { owns: ownsInput } }, "data" as never, {});
  expect(requests.map(({ headers }) => headers.get("authorization"))).toEqual(["Bearer key-1", "Bearer key-2"]);
});

test("no key: an ArgumentError that says where to put one", () => {
  expect(() => connect({})).toThrow(ArgumentError);
  expect(() => connect({})).toThrow(/got an empty string\. Set OPENAI_API_KEY or pass `apiKey`/);
  expect(() => connect({ apiKey: "" })).toThrow("OPENAI_API_KEY");
});

test("P35 a key that no header can hold is refused and not shown", () => {
  for (const apiKey of ["secret key", "secret\n", "sécret"]) {
    expect(() => connect({ apiKey })).toThrow(ArgumentError);
    expect(() => connect({ apiKey })).toThrow("a string of visible ASCII characters, got a string");
  }
});

test.for<[string, unknown, string]>([
  ["apiKey", 7, "a string of visible ASCII characters, or a function, got 7"],
  ["baseURL", "server.test/v1", "an address such as https://host/v1, got a string of length 14"],
  ["baseURL", "file:///v1", "an address such as https://host/v1, got a string of length 10"],
  ["organization", 3, "a non-empty string, got 3"],
  ["project", "", "a non-empty string, got an empty string"],
  ["fetch", {}, "a function, got an object"],
  ["defaultHeaders", "x", "an object, got a string of length 1"],
  ["defaultQuery", null, "an object, got null"],
  ["timeoutMs", 0, "a number above 0, got 0"],
  ["timeoutMs", Infinity, "a number above 0, got Infinity"],
])("%s refuses %s", ([name, value, message]) => {
  const options = { apiKey: "key-1", [name]: value } as ConnectionOptions;
  expect(() => new OpenAIModeration(options)).toThrow(ArgumentError);
  expect(() => new OpenAIModeration(options)).toThrow(
    `Expected \`${name}\` to be ${message}. Correct it or leave it out.`,
  );
});

test("an injected client is used as it is, but never tries again by itself", async () => {
  const { fetch, requests } = wire(() => new Response(null, { status: 500 }));
  const client = new OpenAI({ apiKey: "key-3", baseURL: "https://injected.test/v1", fetch, maxRetries: 5 });
  const call = { path: "/embeddings", body: {}, blame: { owns: ownsInput } };
  await expect(post(connect({ client }), call, "data" as never, {})).rejects.toMatchObject({ status: 500 });
  expect(requests.map(({ url }) => url)).toEqual(["https://injected.test/v1/embeddings"]);
});

test("an Azure client puts the model's deployment into the address", async () => {
  const { fetch, requests } = wire(() => Response.json({ data: 1 }));
  const client = new AzureOpenAI({ apiKey: "key-4", endpoint: "https://me.test", apiVersion: "2026-10-01", fetch });
  const call = { path: "/embeddings", body: { model: "mine" }, blame: { owns: ownsInput } };
  await post(connect({ client }), call, "data" as never, {});
  expect(requests[0]!.url).toBe("https://me.test/openai/deployments/mine/embeddings?api-version=2026-10-01");
  expect(requests[0]!.headers.get("api-key")).toBe("key-4");
});

test("a client, and options that it would not hear of, exclude each other", () => {
  const client = new OpenAI({ apiKey: "key-3" });
  expect(() => connect({ client, baseURL: "https://server.test" })).toThrow("either `client` or `baseURL`, got both");
  expect(() => new OpenAIModeration({ client: {} as OpenAI })).toThrow(
    "Expected `client` to be a client of the openai package",
  );
  expect(connect({ client, timeoutMs: 5 }).timeoutMs).toBe(5);
});

test("limits are a key's: the owner tells accounts apart, and is the client where there is one", () => {
  const owner = (options: ConnectionOptions): unknown => connect(options).owner;
  expect(owner({ apiKey: "a" })).toBe(owner({ apiKey: "a" }));
  expect(owner({ apiKey: "a" })).not.toBe(owner({ apiKey: "b" }));
  expect(owner({ apiKey: "a" })).not.toBe(owner({ apiKey: "a", project: "proj-1" }));
  expect(owner({ apiKey: "a" })).not.toBe(owner({ apiKey: "a", baseURL: "https://server.test/v1" }));
  const apiKey = async (): Promise<string> => "a";
  expect(owner({ apiKey })).toBe(apiKey);
  const client = new OpenAI({ apiKey: "a" });
  expect(owner({ client })).toBe(client);
});

async function sent(options: ConnectionOptions): Promise<SentRequest> {
  const { fetch, requests } = wire(() => Response.json({ data: 1 }));
  const call = { path: "/embeddings", body: {}, blame: { owns: ownsInput } };
  await post(connect({ fetch, ...options }), call, "data" as never, {});
  return requests[0]!;
}
