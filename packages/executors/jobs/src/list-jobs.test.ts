import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { folderStore, listJobs } from "./index.ts";

test("lists jobs that are not done, also while a process has the folder and writes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "batchwise-jobs-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await expect(listJobs(folder)).rejects.toThrow(
    /Expected a journal of jobs in .*, got none\. Give the folder of --jobs/,
  );
  const store = await folderStore(folder).open();
  for (const record of [
    { schema: 1 },
    { intent: "a", key: "1" },
    { created: "a", id: "job-a" },
    { intent: "b", key: "2" },
    { created: "b", id: "job-b" },
    { dropped: ["a"] },
    { intent: "c", key: "3" },
  ]) {
    await store.append(JSON.stringify(record));
  }
  await appendFile(join(folder, "journal.jsonl"), '{"created":"c"');
  expect(await listJobs(folder)).toEqual([
    { tag: "b", id: "job-b" },
    { tag: "c", id: undefined },
  ]);
  await store.close();
});
