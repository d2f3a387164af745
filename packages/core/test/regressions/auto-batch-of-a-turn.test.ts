import { autoBatch, bulkRunnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, it, vi } from "vitest";

// What runs on workerd itself is tested in test/workerd of this repository.
vi.hoisted(() => vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" }));

it("gathers the calls of one turn and sets no timer, as a later call may be another request's", async () => {
  const clock = new FakeClock();
  const sent: (readonly string[])[] = [];
  const inner = bulkRunnable(async (texts: readonly string[]) => {
    sent.push(texts);
    return texts.map((text) => text.length);
  });
  const gathered = autoBatch(inner, { clock, maxInputs: 3, maxWaitMs: 1000 });
  const lengths = (texts: readonly string[]): Promise<number[]> =>
    Promise.all(texts.map((text) => gathered.invoke(text)));
  expect(await lengths(["a", "bb"])).toEqual([1, 2]);
  expect(await lengths(["c", "dd", "eee", "ffff"])).toEqual([1, 2, 3, 4]);
  expect(sent).toEqual([["a", "bb"], ["c", "dd", "eee"], ["ffff"]]);
  expect(clock.pending).toBe(0);
});
