import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { FakeClock, flush } from "@batchwise/testkit";
import { Redis } from "ioredis";
import { KeyvMemoryAdapter, type KeyvStorageAdapter } from "keyv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backendOf, texts } from "../fixtures/backend.ts";
import { type CacheOptions, type CacheWarning, withCache } from "../index.ts";
import { GuardedStore } from "./guarded-store.ts";
import type { Store } from "./store.ts";

/** Store whose calls answer as the test says. */
class Silent implements Store {
  calls = 0;
  answers: (() => Promise<void>) | undefined;

  async open(): Promise<void> {
    await this.#answer();
  }

  async read(keys: readonly string[]): Promise<undefined[]> {
    await this.#answer();
    return keys.map(() => undefined);
  }

  async write(): Promise<void> {
    await this.#answer();
  }

  #answer(): Promise<void> {
    this.calls++;
    return this.answers?.() ?? new Promise(() => undefined);
  }
}

const LOST = "Expected the store to answer within `storeTimeoutMs` (5000 ms), got nothing.";
const now = (): Promise<void> => Promise.resolve();

describe.each([true, false])("a store that does not answer, forgives: %s", (forgives) => {
  let clock: FakeClock;
  let silent: Silent;
  let store: GuardedStore;
  beforeEach(() => {
    clock = new FakeClock();
    silent = new Silent();
    store = new GuardedStore({ store: silent, timeoutMs: 5000, clock, forgives });
  });

  it.each<[string, () => Promise<unknown>]>([
    ["open", () => store.open()],
    ["read", () => store.read(["a"])],
    ["write", () => store.write([])],
  ])("%s ends in time, and leaves no timer behind", async (_, call) => {
    await expect(clock.run(call())).rejects.toMatchObject({ name: "TimeoutError" });
    expect(clock.now()).toBe(5000);
    expect(clock.pending).toBe(0);
    silent.answers = now;
    await clock.advance(30_000);
    // Where the work goes on without it, the first call only asks.
    await call().catch(() => undefined);
    await flush();
    await call();
    expect(clock.pending).toBe(0);
  });

  it("is left alone for half a minute, then asked by one call", async () => {
    await expect(clock.run(store.read(["a"]))).rejects.toThrow(LOST);
    await clock.advance(29_999);
    await expect(store.write([])).rejects.toThrow(LOST);
    expect(silent.calls).toBe(1);
    await clock.advance(1);
    const asking = [store.read(["a"]), store.read(["b"])].map((each) => each.catch((error: Error) => error.message));
    await flush();
    expect(silent.calls).toBe(2);
    await clock.advance(5000);
    for (const each of await Promise.all(asking)) expect(each).toContain(LOST);
    await expect(store.read(["a"])).rejects.toThrow(LOST);
    expect(silent.calls).toBe(2);
  });

  it("that fails at once is asked again, one that fails slowly is not", async () => {
    silent.answers = () => Promise.reject(new Error("Refused."));
    await expect(store.read(["a"])).rejects.toThrow("Refused.");
    silent.answers = () =>
      new Promise((_, reject) => void clock.after(1000, () => reject(new Error("No retries left."))));
    await expect(clock.run(store.read(["a"]))).rejects.toThrow("No retries left.");
    await expect(store.read(["a"])).rejects.toThrow("No retries left.");
    expect(silent.calls).toBe(2);
  });
});

describe("a Redis that is away (redis/ioredis#285, redis/node-redis#2205, jaredwray/keyv#1470, #1679)", () => {
  let server: Server;
  let client: Redis;
  const sockets = new Set<Socket>();
  beforeEach(async () => {
    server = createServer((socket) => sockets.add(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    client.disconnect();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  /** A Keyv adapter over the usual client, with the settings that make it wait forever. */
  function redis(): KeyvStorageAdapter {
    const { port } = server.address() as AddressInfo;
    client = new Redis({ host: "127.0.0.1", port, maxRetriesPerRequest: null, retryStrategy: () => 5 });
    client.on("error", () => undefined);
    return Object.assign(new KeyvMemoryAdapter(new Map()), {
      getMany: async (keys: string[]) => client.mgetBuffer(keys),
      setMany: async (entries: { key: string; value: string }[]) => {
        await client.mset(...entries.flatMap(({ key, value }) => [key, value]));
        return entries.map(() => true);
      },
    });
  }

  const away: readonly (readonly [string, () => void])[] = [
    ["silent", () => undefined],
    ["down", () => server.close()],
  ];

  it.each(away)('%s, "continue": all is sent, after one wait', async (_, make) => {
    const store = redis();
    make();
    const { bulk, seen } = backendOf();
    const warnings: CacheWarning[] = [];
    const options: CacheOptions<string, number> = { namespace: "n", store, onStoreError: "continue" };
    const cached = withCache(bulk({ request: { maxInputs: 10 } }), {
      ...options,
      storeTimeoutMs: 50,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(await cached.batch(texts(3000))).toEqual(texts(3000).map((text) => text.length));
    expect(seen()).toHaveLength(3000);
    expect(warnings[0]).toMatchObject({ kind: "unreadable", cause: { name: "TimeoutError" } });
    expect(cached.stats()).toMatchObject({ misses: 3000, saved: 0, unsaved: 3000 });
  });

  it.each(away)('%s, "fail": one error, and nothing is sent', async (_, make) => {
    const store = redis();
    make();
    const { bulk, seen } = backendOf();
    const cached = withCache(bulk(), { namespace: "n", store, storeTimeoutMs: 50 });
    const slots = await cached.batch(texts(3000), { returnExceptions: true });
    expect(new Set(slots).size).toBe(1);
    expect(slots[0]).toMatchObject({ name: "ArgumentError", cause: { name: "TimeoutError" } });
    expect(String(slots[0])).toMatch(
      /within `storeTimeoutMs` \(50 ms\).*See that its server runs.*Nothing more was sent/,
    );
    await expect(cached.open()).rejects.toThrow("within `storeTimeoutMs` (50 ms), got nothing.");
    expect(seen()).toEqual([]);
  });
});

describe("a store that breaks while a batch runs", () => {
  it('"fail": what is in flight is finished and handed out, no more is sent, and the batch ends with one error', async () => {
    const { bulk, backend, seen } = backendOf();
    let isBroken = false;
    const store = Object.assign(new KeyvMemoryAdapter(new Map()), {
      getMany: async (keys: string[]) => {
        if (isBroken) throw new Error("Gone.");
        return keys.map(() => undefined);
      },
    });
    const cached = withCache(bulk({ request: { maxInputs: 4 }, maxConcurrency: 1 }), {
      namespace: "n",
      store: store as never,
    });
    async function* source(): AsyncGenerator<string> {
      for (let index = 0; index < 400; index++) {
        // Once something has been sent.
        if (backend.calls.length > 0) isBroken = true;
        yield `text ${index}`;
      }
    }
    const done: unknown[] = [];
    const failure = await (async () => {
      try {
        for await (const outcome of cached.batchAsCompleted(source())) done.push(outcome);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toMatchObject({ name: "ArgumentError", cause: { message: "Gone." } });
    expect(done.filter((each) => (each as { status: string }).status === "fulfilled")).toHaveLength(seen().length);
    expect(seen().length).toBeGreaterThan(0);
    expect(seen().length).toBeLessThan(40);
    // The next batch begins anew.
    isBroken = false;
    expect(await cached.batch(["x"])).toEqual([1]);
  });
});
