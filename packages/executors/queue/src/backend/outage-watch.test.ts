import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { type Outage, OutageWatch } from "./outage-watch.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

function watchOf(): { clock: FakeClock; watch: OutageWatch; heard: Outage[] } {
  const clock = new FakeClock();
  const heard: Outage[] = [];
  return { clock, heard, watch: new OutageWatch(clock, (outage) => heard.push(outage)) };
}

test("an outage is reported at once, every ten seconds, and when it is over", async () => {
  const { clock, watch, heard } = watchOf();
  watch.lost(refused);
  watch.lost(refused);
  const reason = "nothing that listens at its host and port (ECONNREFUSED)";
  expect(heard).toEqual([{ status: "lost", awayMs: 0, reason }]);
  await clock.advance(25_000);
  await watch.over(async () => undefined);
  expect(heard.slice(1)).toEqual([
    { status: "away", awayMs: 10_000, reason },
    { status: "away", awayMs: 20_000, reason },
    { status: "back", awayMs: 25_000, reason },
  ]);
  await watch.over(async () => undefined);
  expect(heard).toHaveLength(4);
  expect(clock.pending).toBe(0);
});

test("a call without an answer for ten seconds is an outage, until one is answered", async () => {
  const { clock, watch, heard } = watchOf();
  const { promise, resolve } = Promise.withResolvers<void>();
  const call = watch.over(() => promise);
  await clock.advance(12_000);
  expect(heard).toEqual([{ status: "lost", awayMs: 0, reason: "no answer" }]);
  resolve();
  await call;
  expect(heard[1]).toEqual({ status: "back", awayMs: 2000, reason: "no answer" });
  expect(clock.pending).toBe(0);
});

test("closed, it says no more and leaves no timer", async () => {
  const { clock, watch, heard } = watchOf();
  watch.lost(refused);
  watch.close();
  await clock.advance(60_000);
  expect(heard).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
