import { afterEach, expect, test, vi } from "vitest";
import { patientFetchOf } from "./patient-fetch.ts";

const POST = { method: "POST", body: "{}" };
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

/** A stand-in for the package, which says what it was asked. */
function undici() {
  const agents: object[] = [];
  const calls: RequestInit[] = [];
  class Agent {
    readonly options: object;
    constructor(options: object) {
      this.options = options;
      agents.push(options);
    }
  }
  const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    calls.push(init ?? {});
    return new Response("undici's");
  };
  return { agents, calls, load: async () => ({ fetch: fetch as typeof globalThis.fetch, Agent }) };
}

const given = Reflect.get(globalThis, DISPATCHER) as unknown;
afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.set(globalThis, DISPATCHER, given);
});

test("P42 on Node no limit of 300 s holds where undici is installed", async () => {
  const { agents, calls, load } = undici();
  const fetch = patientFetchOf(load);
  for (let call = 0; call < 2; call++) expect(await (await fetch("http://x.test", POST)).text()).toBe("undici's");
  expect(agents).toEqual([{ headersTimeout: 0, bodyTimeout: 0 }]);
  expect(calls).toEqual([
    { ...POST, dispatcher: expect.anything() as unknown },
    { ...POST, dispatcher: expect.anything() as unknown },
  ]);
});

test("without undici, and for a body that is no text, it is the runtime's own", async () => {
  const own = async (): Promise<Response> => new Response("own");
  vi.stubGlobal("fetch", own);
  const { calls, load } = undici();
  const missing = patientFetchOf(() => Promise.reject(new Error("Cannot find package 'undici'")));
  expect(await (await missing("http://x.test", POST)).text()).toBe("own");
  const form = patientFetchOf(load);
  expect(await (await form("http://x.test", { method: "POST", body: new FormData() })).text()).toBe("own");
  expect(calls).toEqual([]);
});

test("a fetch or a dispatcher that a program has put in its place is used", async () => {
  const { calls, load } = undici();
  const fetch = patientFetchOf(load);
  vi.stubGlobal("fetch", async () => new Response("a program's"));
  expect(await (await fetch("http://x.test", POST)).text()).toBe("a program's");
  const proxied = patientFetchOf(load);
  Object.assign(globalThis, { [DISPATCHER]: { constructor: { name: "ProxyAgent" } } });
  expect(await (await proxied("http://x.test", POST)).text()).toBe("a program's");
  expect(calls).toEqual([]);
});
