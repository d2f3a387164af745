import { execFile } from "node:child_process";
import { chmod, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { failureOf } from "@batchwise/testkit";
import { Keyv } from "keyv";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backendOf, texts } from "../fixtures/backend.ts";
import { type CacheWarning, fileStore, withCache } from "../index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-cache-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name = "cache.sqlite"): string => join(folder, name);

describe("fileStore", () => {
  it("keeps results from one process to the next, in a folder that it makes", async () => {
    const { bulk, seen } = backendOf({ answer: (text) => Float32Array.of(text.length, 0.5) });
    const path = at("a/b/cache.sqlite");
    const first = fileStore({ path });
    const outputs = await withCache(bulk(), { namespace: "n", store: first }).batch(texts(50));
    await first.disconnect?.();
    const again = withCache(bulk(), { namespace: "n", store: fileStore({ path }) });
    expect(await again.batch(texts(50))).toEqual(outputs);
    expect(seen()).toHaveLength(50);
    expect(again.stats()).toMatchObject({ hits: 50, misses: 0 });
  });

  it("closed by its owner while a batch runs, is opened again: every result is saved", async () => {
    const { bulk, backend, seen } = backendOf({ hold: () => true });
    const store = fileStore({ path: at() });
    const cached = withCache(bulk({ request: { maxInputs: 2 } }), { namespace: "n", store });
    const running = cached.batch(texts(6), { maxConcurrency: 3 });
    await vi.waitFor(() => expect(backend.running).toHaveLength(3));
    await store.disconnect?.();
    backend.script = {};
    backend.release();
    expect(await running).toHaveLength(6);
    expect(await cached.batch(texts(6))).toEqual(await running);
    expect(seen()).toHaveLength(6);
  });

  it("is .batchwise/cache.sqlite in the current folder, where nothing else is said", async () => {
    vi.spyOn(process, "cwd").mockReturnValue(folder);
    const { one } = backendOf();
    const cached = withCache(one(), { namespace: "n" });
    vi.restoreAllMocks();
    await cached.batch(["a"]);
    expect((await stat(at(".batchwise/cache.sqlite"))).isFile()).toBe(true);
  });

  it("is its owner's alone, with what SQLite puts beside it; a mode of its own is left as it is", async () => {
    const before = process.umask(0o022);
    const store = fileStore({ path: at() });
    await store.set("a", "x");
    process.umask(before);
    for (const end of ["", "-wal", "-shm"]) expect((await stat(at(`cache.sqlite${end}`))).mode & 0o777).toBe(0o600);
    await store.disconnect?.();
    await chmod(at(), 0o640);
    await store.set("b", "x");
    expect((await stat(at())).mode & 0o777).toBe(0o640);
    await store.disconnect?.();
  });

  it("holds no input, only what its hash is", async () => {
    const { one } = backendOf({ answer: () => "result" });
    const store = fileStore({ path: at() });
    await withCache(one(), { namespace: "my own model", store }).batch(["a secret text"]);
    await store.disconnect?.();
    const file = await readFile(at());
    expect(file.includes("result")).toBe(true);
    expect(file.includes("secret")).toBe(false);
    expect(file.includes("my own")).toBe(false);
  });

  it("does not touch the disk before it is needed", async () => {
    withCache(backendOf().one(), { namespace: "n", store: fileStore({ path: at() }) });
    await expect(stat(at())).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("saves a request's results in one transaction", async () => {
    const { bulk } = backendOf();
    const prepared = vi.spyOn(DatabaseSync.prototype, "exec");
    await withCache(bulk(), { namespace: "n", store: fileStore({ path: at() }) }).batch(texts(100));
    const begun = prepared.mock.calls.filter(([sql]) => sql === "BEGIN IMMEDIATE");
    vi.restoreAllMocks();
    // One makes the tables, one saves.
    expect(begun).toHaveLength(2);
  });

  it("removes what has expired when it is opened", async () => {
    const store = fileStore({ path: at() });
    await store.set("old", "x", Date.now() - 1);
    await store.set("new", "x", Date.now() + 60_000);
    await store.set("kept", "x");
    expect(await store.hasMany(["old", "new", "kept"])).toEqual([false, true, true]);
    await store.disconnect?.();
    await store.has("new");
    const database = new DatabaseSync(at());
    expect(database.prepare("SELECT key FROM entries ORDER BY key").all()).toEqual([{ key: "kept" }, { key: "new" }]);
    database.close();
  });

  it.each([
    [{ path: "" }, "Expected `path` of fileStore to be the path of a file, got an empty string."],
    [{ busyTimeoutMs: -1 }, "Expected `busyTimeoutMs` of fileStore to be a number from 0, got -1."],
    [{ maxBytes: 0 }, "Expected `maxBytes` of fileStore to be a number above 0, got 0."],
    [{ file: "x" }, "Expected only options of fileStore, got `file`. Known: path"],
  ])("%o is refused", (options, message) => {
    expect(() => fileStore(options as never)).toThrow(message);
  });
});

describe("as a storage adapter of Keyv", () => {
  it("keeps what Keyv is given, each namespace's own", async () => {
    const store = fileStore({ path: at() });
    const one = new Keyv({ store, namespace: "one" });
    expect(await one.set("a", { text: "x", bytes: Uint8Array.of(1, 2) })).toBe(true);
    expect(await one.get("a")).toEqual({ text: "x", bytes: Buffer.of(1, 2) });
    const two = new Keyv({ store: fileStore({ path: at() }), namespace: "two" });
    expect(await two.get("a")).toBeUndefined();
    await two.setMany([
      { key: "a", value: 1 },
      { key: "b", value: 2 },
    ]);
    expect(await two.getMany(["a", "b", "c"])).toEqual([1, 2, undefined]);
    expect(await two.hasMany(["a", "c"])).toEqual([true, false]);
    expect(await two.delete(["a", "c"])).toEqual([true, false]);
    const entries: unknown[] = [];
    for await (const entry of two.iterator()) entries.push(entry);
    expect(entries).toEqual([["b", 2]]);
    await two.clear();
    expect(await two.has("b")).toBe(false);
    expect(await one.has("a")).toBe(true);
  });

  it("forgets what has expired", async () => {
    const keyv = new Keyv({ store: fileStore({ path: at() }) });
    await keyv.set("a", 1, 60_000);
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now + 61_000);
    expect(await keyv.store.get("a")).toBeUndefined();
    expect(await keyv.get("a")).toBeUndefined();
    vi.restoreAllMocks();
  });

  it("refuses what is neither text nor bytes", async () => {
    await expect(fileStore({ path: at() }).set("a", { value: 1 })).rejects.toThrow("Let Keyv serialize it");
  });
});

describe("a broken file", () => {
  /** Runs three inputs on it; two of them are there already where the file was whole. */
  async function run(
    onStoreError?: "fail" | "continue",
  ): Promise<{ slots: any[]; sent: number; warnings: CacheWarning[] }> {
    const { bulk, seen } = backendOf();
    const warnings: CacheWarning[] = [];
    const store = fileStore({ path: at(), busyTimeoutMs: 0 });
    const cached = withCache(bulk(), {
      namespace: "n",
      store,
      onWarning: (warning) => warnings.push(warning),
      ...(onStoreError && { onStoreError }),
    });
    const slots = await cached.batch(["a", "bb", "ccc"], { returnExceptions: true });
    await store.disconnect?.();
    return { slots, sent: seen().length, warnings };
  }

  async function fill(): Promise<void> {
    const store = fileStore({ path: at() });
    await withCache(backendOf().bulk(), { namespace: "n", store }).batch(["a", "bb", ...texts(500)]);
    await store.disconnect?.();
  }

  const damages: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
    ["text", () => writeFile(at(), "This is no database. ".repeat(100)), /is not an SQLite database: delete it/],
    [
      "garbled throughout",
      async () => {
        await fill();
        const file = await open(at(), "r+");
        const { size } = await file.stat();
        for (let place = 4096; place < size; place += 512) await file.write(Buffer.alloc(256, 0xaa), 0, 256, place);
        await file.close();
      },
      /is damaged: delete it/,
    ],
    [
      "another program's",
      async () => {
        const database = new DatabaseSync(at());
        database.exec("CREATE TABLE theirs (a)");
        database.close();
      },
      /got another program's database\. Give fileStore a path of its own/,
    ],
    [
      "of a later version",
      async () => {
        await fill();
        const database = new DatabaseSync(at());
        database.exec("PRAGMA user_version = 3");
        database.close();
      },
      /to have version 2 or older, got 3\. Update @batchwise\/cache/,
    ],
    [
      "locked by another process",
      async () => {
        await fill();
        locker = new DatabaseSync(at());
        locker.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
      },
      /Another process keeps it locked/,
    ],
  ];
  let locker: DatabaseSync | undefined;
  afterEach(() => {
    locker?.close();
    locker = undefined;
  });

  it.each(damages)("%s: nothing is sent, and the error says what to do", async (_what, damage, message) => {
    await damage();
    const { slots, sent } = await run();
    expect(sent).toBe(0);
    for (const slot of slots) {
      expect(slot).toMatchObject({ name: "ArgumentError", retryable: false });
      expect(slot.message).toMatch(message);
    }
  });

  it.each(damages)('%s, onStoreError "continue": all is sent, and told', async (_what, damage) => {
    await damage();
    const { slots, sent, warnings } = await run("continue");
    expect({ slots, sent }).toEqual({ slots: [1, 2, 3], sent: 3 });
    expect(new Set(warnings.map(({ kind }) => kind))).toEqual(new Set(["unreadable", "unwritable"]));
  });

  it.each(damages)(
    "%s: open() says so before anything is sent, and does without it where asked",
    async (_what, damage, message) => {
      await damage();
      const { bulk } = backendOf();
      const store = fileStore({ path: at(), busyTimeoutMs: 0 });
      await expect(withCache(bulk(), { namespace: "n", store }).open()).rejects.toThrow(message);
      const warnings: CacheWarning[] = [];
      const onWarning = (warning: CacheWarning): void => void warnings.push(warning);
      await withCache(bulk(), { namespace: "n", store, onStoreError: "continue", onWarning }).open();
      expect(warnings).toMatchObject([{ kind: "unreadable", inputs: 0 }]);
      await store.disconnect?.();
    },
  );

  it("open() finds damage in any page, and none in a whole file", async () => {
    await fill();
    await withCache(backendOf().bulk(), { namespace: "n", store: fileStore({ path: at() }) }).open();
    const whole = await readFile(at());
    const size = 16_384;
    const pages = whole.byteLength / size;
    expect(pages).toBeGreaterThan(5);
    for (let page = 1; page < pages; page++) {
      await writeFile(at("other.sqlite"), Buffer.from(whole).fill(0xaa, page * size, (page + 1) * size));
      const store = fileStore({ path: at("other.sqlite") });
      await expect(withCache(backendOf().bulk(), { namespace: "n", store }).open()).rejects.toThrow(
        "damaged: delete it",
      );
      await store.disconnect?.();
    }
  });

  it("cut short: never a wrong result", async () => {
    await fill();
    const whole = await readFile(at());
    for (const share of [0.01, 0.1, 0.5, 0.9, 0.99]) {
      await writeFile(at(), whole.subarray(0, Math.floor(whole.byteLength * share)));
      const { slots } = await run();
      expect(problemsOf(slots, /damaged|no SQLite database/)).toEqual([]);
    }
  });

  it("an entry that has changed is sent again, told, and replaced", async () => {
    await fill();
    const database = new DatabaseSync(at());
    database.exec("UPDATE entries SET value = substr(value, 1, 13) || x'37'");
    database.close();
    const { slots, sent, warnings } = await run();
    expect({ slots, sent }).toEqual({ slots: [1, 2, 3], sent: 3 });
    expect(warnings.map(({ kind }) => kind)).toContain("damaged");
    expect((await run()).sent).toBe(0);
  });

  it("where no file can be made: the error says so", async () => {
    await writeFile(at("file"), "");
    const { one, seen } = backendOf();
    const cached = withCache(one(), { namespace: "n", store: fileStore({ path: at("file/cache.sqlite") }) });
    const failure = await failureOf(cached.invoke("a"));
    expect(failure.message).toMatch(/to be read, got an error, in `cause`\. A file is where its folder should be/);
    expect(seen()).toEqual([]);
  });

  it("in a folder without permission: the error says so", async () => {
    await chmod(folder, 0o500);
    const isRoot = process.getuid?.() === 0;
    // Root may do everything: for a moment it is another user.
    if (isRoot) process.seteuid?.(65_534);
    const cached = withCache(backendOf().one(), { namespace: "n", store: fileStore({ path: at("sub/cache.sqlite") }) });
    const failure = await failureOf(cached.open());
    if (isRoot) process.seteuid?.(0);
    expect(failure.message).toMatch(/There is no permission: see to that of its folder/);
  });

  it("that may not be written to gives what it has", async () => {
    await fill();
    await chmod(at(), 0o444);
    const database = new DatabaseSync(at());
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    // Whoever is root may write all the same: then it is simply whole.
    const { slots } = await run();
    expect(problemsOf(slots, /see to its permissions/)).toEqual([]);
  });
});

describe("a full disk", () => {
  it("costs no result: what was paid for is handed out, and what was saved before is still there", async () => {
    const { bulk, seen } = backendOf({ answer: (text) => text.padEnd(2000) });
    const warnings: CacheWarning[] = [];
    const store = fileStore({ path: at(), maxBytes: 200_000 });
    const cached = withCache(bulk({ request: { maxInputs: 20 }, maxConcurrency: 1 }), {
      namespace: "n",
      store,
      onWarning: (warning) => warnings.push(warning),
    });
    const outputs = await cached.batch(texts(200));
    expect(outputs).toEqual(texts(200).map((text) => text.padEnd(2000)));
    expect(warnings[0]).toMatchObject({ kind: "unwritable", inputs: 20, cause: { name: "ArgumentError" } });
    expect(String(warnings[0]?.cause)).toMatch(/The disk is full, or the file may grow no further/);
    const { saved, unsaved } = cached.stats();
    expect(saved).toBeGreaterThan(0);
    expect(saved + unsaved).toBe(200);
    await store.disconnect?.();

    const again = withCache(bulk(), { namespace: "n", store: fileStore({ path: at() }) });
    expect(await again.batch(texts(200))).toEqual(outputs);
    expect(again.stats()).toMatchObject({ hits: saved, misses: unsaved, saved: unsaved });
    expect(seen()).toHaveLength(200 + unsaved);
  });
});

describe("this Node", () => {
  it("without node:sqlite: the error says which Node has it", async () => {
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    const failure = await failureOf(fileStore({ path: at() }).get("a"));
    vi.restoreAllMocks();
    expect(failure).toMatchObject({ name: "ArgumentError" });
    expect(failure.message).toMatch(/Expected Node 22\.13 or newer, which has node:sqlite, got v/);
  });

  it("loads SQLite only where a file is opened, so that nobody else sees its warning", async () => {
    const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];
    const code = `
      import { withCache, fileStore } from "@batchwise/cache";
      import { runnable } from "@batchwise/core";
      const cached = withCache(runnable((text) => text), { namespace: "n", store: new Map() });
      console.log((await cached.batch(["a"]))[0]);
      fileStore({ path: "never.sqlite" });`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...conditions, "--input-type=module", "--eval", code],
      { cwd: import.meta.dirname, env: { ...process.env, NODE_OPTIONS: "" } },
    );
    expect({ stdout, stderr }).toEqual({ stdout: "a\n", stderr: "" });
  });
});

/** Slots that hold neither their text's length nor an error with such a message. */
function problemsOf(slots: readonly any[], message: RegExp): unknown[] {
  return slots.filter((slot, index) => (slot instanceof Error ? !message.test(slot.message) : slot !== index + 1));
}
