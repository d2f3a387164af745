import { withConfig } from "@batchwise/core";
import { Keyv, KeyvMemoryAdapter, type KeyvStorageAdapter } from "keyv";
import { describe, expect, it } from "vitest";
import { backendOf } from "../fixtures/backend.ts";
import { type CacheStore, type CacheWarning, withCache } from "../index.ts";

const vectors = (text: string): Float32Array => Float32Array.of(text.length, 0.25);

describe("a store of Keyv's", () => {
  const stores: readonly (readonly [string, (map: Map<string, unknown>) => CacheStore])[] = [
    ["a Map", (map) => map],
    ["a storage adapter", (map) => new KeyvMemoryAdapter(map)],
    ["a Keyv", (map) => new Keyv({ store: map })],
    ["a Keyv with a namespace", (map) => new Keyv({ store: map, namespace: "mine" })],
    ["a Keyv without serialization", (map) => new Keyv({ store: map, serialization: false })],
    ["a Keyv with encryption", (map) => new Keyv({ store: map, encryption })],
  ];

  it.each(stores)("%s keeps vectors and other values", async (_what, storeOf) => {
    const map = new Map<string, unknown>();
    const objects = (text: string): object => ({ text, list: [1, null] });
    for (const answer of [vectors, objects]) {
      const { bulk, seen } = backendOf({ answer });
      const options = (): { namespace: string; store: CacheStore } => ({ namespace: answer.name, store: storeOf(map) });
      const outputs = await withCache(bulk(), options()).batch(["a", "bb"]);
      const again = withCache(bulk(), options());
      expect(await again.batch(["bb", "a", "ccc"])).toEqual([outputs[1], outputs[0], answer("ccc")]);
      expect(seen()).toEqual(["a", "bb", "ccc"]);
    }
  });

  it("gets one look-up and one write for a request's worth of inputs", async () => {
    const { store, calls } = counting();
    const { bulk } = backendOf();
    const cached = withCache(bulk({ request: { maxInputs: 50 } }), { namespace: "n", store });
    await withConfig(cached, {}).batch(Array.from({ length: 50 }, (_, index) => String(index)));
    expect(calls).toEqual(["getMany 50", "setMany 50"]);
  });

  it("is told when an entry expires", async () => {
    const map = new Map<string, any>();
    const { one } = backendOf();
    const now = Date.now();
    await withCache(one(), { namespace: "n", store: map, maxAgeMs: 5000, now: () => now }).batch(["a"]);
    expect([...map.values()].map((entry) => entry.expires)).toEqual([now + 5000]);
    await withCache(one(), { namespace: "m", store: new Keyv({ store: map, ttl: 9000 }) }).batch(["a"]);
    expect([...map.values()].every((entry) => entry.expires > now)).toBe(true);
  });

  it("that fails to be read is not taken for an empty one", async () => {
    const { bulk, seen } = backendOf();
    const store = new Keyv({ store: broken({ getMany: () => Promise.reject(new Error("Gone.")) }) });
    const [slot] = await withCache(bulk(), { namespace: "n", store }).batch(["a"], { returnExceptions: true });
    expect(slot).toMatchObject({ name: "ArgumentError", cause: { message: "Gone." } });
    expect(seen()).toEqual([]);
  });

  it("that answers for too few keys is not believed", async () => {
    const { bulk } = backendOf();
    const store = new Keyv({ store: broken({ getMany: () => Promise.resolve([]) }) });
    const [slot] = await withCache(bulk(), { namespace: "n", store }).batch(["a"], { returnExceptions: true });
    expect(slot).toMatchObject({ cause: { message: "Expected 1 values from the store, got 0." } });
  });

  it.each([
    ["throws", () => Promise.reject(new Error("Full."))],
    ["says that it did not", () => Promise.resolve([false])],
  ])("that %s when it is written to costs no result, and tells", async (_what, setMany) => {
    const { bulk } = backendOf();
    const warnings: CacheWarning[] = [];
    const store = new Keyv({ store: broken({ setMany }) });
    const cached = withCache(bulk(), { namespace: "n", store, onWarning: (warning) => warnings.push(warning) });
    expect(await cached.batch(["a"])).toEqual([1]);
    expect(warnings).toMatchObject([{ kind: "unwritable", inputs: 1 }]);
    expect(cached.stats()).toMatchObject({ saved: 0, unsaved: 1 });
  });

  it("that holds something else under a key is not believed", async () => {
    const { bulk, seen } = backendOf();
    for (const value of ['{"value":5}', "{", '{"value":":base64:AAAA"}', 5]) {
      const warnings: CacheWarning[] = [];
      const store = broken({ getMany: (keys) => Promise.resolve(keys.map(() => value) as never) });
      const cached = withCache(bulk(), { namespace: "n", store, onWarning: (warning) => warnings.push(warning) });
      expect(await cached.batch(["a"])).toEqual([1]);
      expect(warnings[0]).toMatchObject({ kind: "damaged", inputs: 1 });
    }
    expect(seen()).toHaveLength(4);
  });

  it("where nobody listens, a process warning tells of the first failure of each kind", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listen);
    const { bulk } = backendOf();
    const store = broken({ setMany: () => Promise.reject(new Error("Full.")) });
    const cached = withCache(bulk({ request: { maxInputs: 1 } }), { namespace: "n", store });
    await cached.batch(["a", "b"]);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off("warning", listen);
    expect(warnings).toMatchObject([{ name: "BatchwiseCacheWarning", message: /could not be written/ }]);
  });
});

/** Writes texts in another way, where a cipher would do more. */
const encryption = {
  encrypt: (text: string): string => Buffer.from(text).toString("hex"),
  decrypt: (text: string): string => Buffer.from(text, "hex").toString(),
};

function broken(methods: Partial<KeyvStorageAdapter>): KeyvStorageAdapter {
  return Object.assign(new KeyvMemoryAdapter(new Map()), methods);
}

function counting(): { readonly store: KeyvStorageAdapter; readonly calls: string[] } {
  const calls: string[] = [];
  const inner = new KeyvMemoryAdapter(new Map());
  const store = broken({
    getMany: (keys) => (calls.push(`getMany ${keys.length}`), inner.getMany(keys)),
    setMany: (entries) => (calls.push(`setMany ${entries.length}`), inner.setMany(entries)),
  });
  return { store, calls };
}
