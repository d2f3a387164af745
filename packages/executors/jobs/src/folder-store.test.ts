import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { failureOf } from "@batchwise/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JobStoreError } from "./errors.ts";
import { folderStore } from "./folder-store.ts";
import { Journal } from "./journal.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-jobs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const journal = (): string => join(folder, "journal.jsonl");
const lock = (number = 1): string => join(folder, `lock-${number}`);
/** Files of the folder besides its locks: nothing is left over. */
const files = async (): Promise<string[]> => (await readdir(folder)).filter((name) => !name.startsWith("lock-"));

async function write(...records: readonly string[]): Promise<void> {
  const store = await folderStore(folder).open();
  for (const record of records) await store.append(record);
  await store.close();
}

async function read(): Promise<readonly string[]> {
  const store = await folderStore(folder).open();
  await store.close();
  return store.records;
}

describe("folderStore", () => {
  it("keeps records from one process to the next, and makes its folder", async () => {
    folder = join(folder, "new", "folder");
    await write("a", "b");
    await write("c");
    expect(await read()).toEqual(["a", "b", "c"]);
    expect(await files()).toEqual(["journal.jsonl"]);
  });

  it("is its owner's alone, also once it was replaced", async () => {
    const before = process.umask(0o022);
    await write("a");
    expect((await stat(journal())).mode & 0o777).toBe(0o600);
    const store = await folderStore(folder).open();
    await store.replace(["b"]);
    await store.close();
    process.umask(before);
    expect((await stat(journal())).mode & 0o777).toBe(0o600);
  });

  it("replaces all records, and appends after the new ones", async () => {
    const store = await folderStore(folder).open();
    await store.append("a long record");
    await store.replace(["b"]);
    await store.append("c");
    await store.close();
    expect(await read()).toEqual(["b", "c"]);
  });

  it("leaves out a last line that was cut short, and appends after the one before", async () => {
    await write("a", "b");
    await appendFile(journal(), '{"created":"x","i');
    await write("c");
    expect(await readFile(journal(), "utf8")).toBe("a\nb\nc\n");
  });

  it("keeps the order of appends that are made at once", async () => {
    const store = await folderStore(folder).open();
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.append(String(index))));
    await store.close();
    expect(await read()).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
  });

  it("a folder that cannot be made is a clear error", async () => {
    await writeFile(join(folder, "file"), "");
    const error = await failureOf(folderStore(join(folder, "file", "jobs")).open());
    expect(JobStoreError.isInstance(error)).toBe(true);
    expect(error.message).toContain("ENOTDIR");
  });
});

describe("the lock", () => {
  const held = (holder: object, number = 1): Promise<void> =>
    writeFile(lock(number), JSON.stringify({ token: "t", ...holder }));

  it("keeps a second one out, and lets it in when the first has closed", async () => {
    const first = await folderStore(folder).open();
    const error = await failureOf(folderStore(folder).open());
    expect(JobStoreError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`process ${process.pid}`);
    await first.close();
    expect(await read()).toEqual([]);
  });

  it("its former holder writes no more", async () => {
    const store = await folderStore(folder).open();
    await held({ pid: 1, host: "another" }, 2);
    const error = await failureOf(store.append("a"));
    expect(error.message).toContain("taken over");
    expect(await readFile(journal(), "utf8")).toBe("");
    await store.close();
    expect((await failureOf(folderStore(folder).open())).message).toContain("on another");
  });

  it("many that take a lock that was left hold it one at a time", async () => {
    await held({ pid: 2 ** 22 + 1, host: hostname() });
    let holders = 0;
    let most = 0;
    let rounds = 0;
    const take = async (): Promise<void> => {
      const store = await folderStore(folder).open();
      most = Math.max(most, ++holders);
      try {
        await store.append(String(rounds++));
      } finally {
        holders--;
        await store.close();
      }
    };
    for (let round = 0; round < 10; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, take));
      const refusals = tries.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
      expect(refusals.every((reason) => JobStoreError.isInstance(reason))).toBe(true);
    }
    expect(most).toBe(1);
    expect(rounds).toBeGreaterThanOrEqual(10);
    expect(await read()).toHaveLength(rounds);
    expect(await files()).toEqual(["journal.jsonl"]);
  });
});

describe("the journal", () => {
  it("keeps nothing of jobs that were dropped while others are left", async () => {
    const first = await Journal.open(folderStore(folder));
    await first.drop([await first.intend("done", "tag 1")]);
    await first.created(await first.intend("left", "tag 2"), "id 2");
    await first.close();
    expect(await read()).toEqual([
      '{"schema":1}',
      '{"intent":"tag 2","key":"left"}',
      '{"created":"tag 2","id":"id 2"}',
    ]);
  });

  it("remembers jobs across processes, and is empty again when all are dropped", async () => {
    const first = await Journal.open(folderStore(folder));
    const one = await first.intend("key", "tag 1");
    await first.created(one, "id 1");
    await first.intend("key", "tag 2");
    await first.split("large");
    await first.close();

    const second = await Journal.open(folderStore(folder));
    expect(second.isSplit("large")).toBe(true);
    const claimed = [second.claim("key"), second.claim("key"), second.claim("key")];
    expect(claimed.map((entry) => entry && [entry.tag, entry.id])).toEqual([
      ["tag 1", "id 1"],
      ["tag 2", undefined],
      undefined,
    ]);
    await second.drop(claimed.filter((entry) => entry !== undefined));
    await second.close();
    expect(await readFile(journal(), "utf8")).toBe('{"schema":1}\n');
  });

  it.each([
    ["a newer schema", '{"schema":2}', "got schema 2"],
    ["a damaged record", '{"schema":1}\n{"inte', "record 2"],
    ["a record of an unknown kind", '{"schema":1}\n{"later":1}', "record 2"],
  ])("%s is a clear error, and the folder stays as it was", async (_, content, message) => {
    await writeFile(journal(), `${content}\n`);
    const error = await failureOf(Journal.open(folderStore(folder)));
    expect(JobStoreError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
    expect(await readFile(journal(), "utf8")).toBe(`${content}\n`);
    expect(await files()).toEqual(["journal.jsonl"]);
  });
});
