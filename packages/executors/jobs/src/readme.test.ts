import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "@batchwise/emulator";
import * as openai from "@batchwise/openai";
import { snippetsIn } from "@batchwise/testkit";
import { expect, test, vi } from "vitest";
import { folderStore, offline } from "./index.ts";

test("the README's example runs as it stands", async () => {
  const folder = await mkdtemp(join(tmpdir(), "batchwise-jobs-"));
  await using emulator = await startEmulator({ tokens: "fast" });
  vi.stubEnv("OPENAI_API_KEY", "key");
  vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
  try {
    const [snippet] = await snippetsIn(new URL("../README.md", import.meta.url));
    const printed = await snippet!.run({
      "@batchwise/jobs": { offline, folderStore: (name: string) => folderStore(join(folder, name)) },
      "@batchwise/openai": openai,
    });
    expect(printed).toEqual([["1 job, half the price: true"], ["created"], ["polled"], ["ended"], [3]]);
    expect(await readdir(join(folder, "jobs"))).toContain("journal.jsonl");
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});
