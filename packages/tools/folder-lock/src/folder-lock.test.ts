import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FolderLock, FolderLockError } from "./folder-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-lock-"));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

function held(holder: object, number = 1): Promise<void> {
  return writeFile(join(folder, `lock-${number}`), JSON.stringify({ token: "t", ...holder }));
}

async function takeAndRelease(): Promise<void> {
  await (await FolderLock.take(folder)).release();
}

const ended = { pid: 2 ** 22 + 1, host: hostname() };

test("keeps a second one out, and lets it in when the first has let go", async () => {
  const first = await FolderLock.take(folder);
  await expect(FolderLock.take(folder)).rejects.toThrow(FolderLockError);
  await expect(FolderLock.take(folder)).rejects.toThrow(`in use by process ${process.pid} on ${hostname()}`);
  await first.release();
  await takeAndRelease();
  expect(await readdir(folder)).toEqual(["lock-2"]);
});

test("a living process of this machine keeps it", async () => {
  await held({ pid: process.ppid, host: hostname() });
  await expect(FolderLock.take(folder)).rejects.toThrow("in use");
});

test("another thread of this process keeps it", async () => {
  const startedAt = Date.now() - process.uptime() * 1000;
  const thread = new Worker(
    `const { pid } = process;
    const startedAt = Date.now() - process.uptime() * 1000;
    require("node:fs").writeFileSync(process.argv[2], JSON.stringify({ token: "t", pid, host: process.argv[3], startedAt }))`,
    { eval: true, argv: [join(folder, "lock-1"), hostname()] },
  );
  await once(thread, "exit");
  await expect(FolderLock.take(folder)).rejects.toThrow("in use");
  await held({ pid: process.pid, host: hostname(), startedAt: startedAt - 5000 });
  await takeAndRelease();
});

test.each([
  ["a process that has ended", ended],
  ["an earlier process of the same number", { pid: process.pid, host: hostname() }],
])("P40 is taken over at once from %s", async (_, holder) => {
  await held(holder);
  await expect(takeAndRelease()).resolves.toBeUndefined();
});

test("is taken over from another machine after a minute of silence", async () => {
  await held({ pid: 1, host: "another" });
  await expect(FolderLock.take(folder)).rejects.toThrow("process 1 on another");
  const before = new Date(Date.now() - 61_000);
  await utimes(join(folder, "lock-1"), before, before);
  await takeAndRelease();
});

test("whoever it was taken from is told, once when it signs and each time that it asks", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const onLost = vi.fn<() => void>();
  const lock = await FolderLock.take(folder, { onLost });
  vi.advanceTimersByTime(10_000);
  await lock.verify();
  expect(onLost).not.toHaveBeenCalled();
  await held({ pid: 1, host: "another" }, 2);
  await expect(lock.verify()).rejects.toThrow("taken over");
  // Several signs at once find out.
  vi.advanceTimersByTime(20_000);
  await vi.waitFor(() => expect(onLost).toHaveBeenCalled());
  vi.advanceTimersByTime(30_000);
  await lock.release();
  expect(onLost).toHaveBeenCalledOnce();
  await expect(FolderLock.take(folder)).rejects.toThrow("on another");
});

test("of many who take a lock that was left, or one after another, one at a time has it", async () => {
  await held(ended);
  const { most, rounds, refusals } = await takenByMany(
    () => FolderLock.take(folder),
    (lock) => lock.release(),
  );
  expect(refusals.filter((reason) => !(reason instanceof FolderLockError))).toEqual([]);
  expect(most).toBe(1);
  expect(rounds).toBeGreaterThanOrEqual(10);
  expect(await readdir(folder)).toHaveLength(1);
});

test("names the process that has it", async () => {
  const lock = await FolderLock.take(folder);
  const error = await FolderLock.take(folder).catch((refusal: unknown) => refusal as FolderLockError);
  expect(error).toMatchObject({ holder: { pid: process.pid, host: hostname() } });
  await lock.release();
});

test("is let go with its folder, which the next one makes again; one that was taken over keeps it", async () => {
  const inner = join(folder, "inner");
  await mkdir(inner);
  const lock = await FolderLock.take(inner);
  await writeFile(join(inner, "results"), "paid");
  await writeFile(join(inner, "lock-2"), JSON.stringify({ token: "t", pid: process.ppid, host: hostname() }));
  await expect(lock.discard()).rejects.toThrow("taken over");
  expect(await readdir(inner)).toContain("results");
  await rm(join(inner, "lock-2"));
  await lock.discard();
  expect(await readdir(folder)).toEqual([]);
  await mkdir(inner);
  await (await FolderLock.take(inner)).discard();
});

test("a folder that a killed process had begun to remove goes with the next one", async () => {
  const inner = join(folder, "out.batchwise");
  const left = `${inner}.${crypto.randomUUID()}`;
  const others = [`${inner}.copy`, join(folder, `in.batchwise.${crypto.randomUUID()}`)];
  for (const each of [inner, left, ...others]) await mkdir(each);
  await writeFile(join(left, "part"), "text");
  await (await FolderLock.take(inner)).discard();
  expect((await readdir(folder)).toSorted()).toEqual(others.map((each) => basename(each)).toSorted());
});

test("of many who take a folder that its holder discards, one at a time has it", async () => {
  const inner = join(folder, "inner");
  const { most, rounds, refusals } = await takenByMany(
    async () => {
      await mkdir(inner, { recursive: true });
      return FolderLock.take(inner);
    },
    (lock) => lock.discard(),
  );
  expect(refusals.filter((reason) => !(reason instanceof FolderLockError || reason.code === "ENOENT"))).toEqual([]);
  expect(most).toBe(1);
  expect(rounds).toBeGreaterThanOrEqual(10);
  expect(await readdir(folder)).toEqual([]);
});

test("a folder that is not there is the system's error", async () => {
  await expect(FolderLock.take(join(folder, "none"))).rejects.toMatchObject({ code: "ENOENT" });
});

interface Takes {
  /** Most that had the lock at once. */
  readonly most: number;
  /** Takes that got it. */
  readonly rounds: number;
  readonly refusals: readonly NodeJS.ErrnoException[];
}

/** Takes of a lock by eight at once, ten times. */
async function takenByMany(
  take: () => Promise<FolderLock>,
  letGo: (lock: FolderLock) => Promise<void>,
): Promise<Takes> {
  let holders = 0;
  let most = 0;
  let rounds = 0;
  const hold = async (): Promise<void> => {
    const lock = await take();
    most = Math.max(most, ++holders);
    rounds++;
    await lock.verify().finally(() => holders--);
    await letGo(lock);
  };
  const refusals: NodeJS.ErrnoException[] = [];
  for (let round = 0; round < 10; round++) {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, hold));
    for (const each of tries) if (each.status === "rejected") refusals.push(each.reason as NodeJS.ErrnoException);
  }
  return { most, rounds, refusals };
}
