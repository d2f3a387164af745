import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { listenForInterrupts } from "./interrupts.ts";
import { nearest } from "./nearest.ts";
import { Notes } from "./notes.ts";
import type { Standing } from "./progress.ts";
import { Memory } from "./testing/workbench.ts";
import { count, counted, dollars, duration } from "./words.ts";

function standing(done: number, elapsedMs: number, more: Partial<Standing> = {}): Standing {
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0.5 };
  const progress = { itemsPerSecond: 20, elapsedMs, waitingForLimits: false, usage };
  return { done, failed: 0, share: done / 1000, progress, ...more };
}

test("without a terminal: a line every five seconds", async () => {
  const stream = new Memory();
  const notes = new Notes(stream, false);
  const show = await notes.startProgress(true);
  show(standing(0, 0));
  show(standing(100, 4999));
  show(standing(200, 5000));
  notes.say("A note.");
  show(standing(300, 9000));
  show(standing(400, 10_000, { failed: 3 }));
  show(standing(500, 15_000, { share: undefined }));
  notes.stopProgress();
  expect(stream.text).toBe(
    "200 done (20 %), 20/s, $0.50\nA note.\n400 done (40 %), 3 failed, 20/s, 30 s left, $0.50\n500 done, 20/s, $0.50\n",
  );
});

test("on a terminal: a bar, notes above it, and nothing of it left at the end", async () => {
  const stream = Object.assign(new Memory(), {
    isTTY: true,
    columns: 100,
    cursorTo: (): boolean => true,
    clearLine: (): boolean => true,
    moveCursor: (): boolean => true,
    clearScreenDown: (): boolean => true,
  });
  const notes = new Notes(stream, false);
  const show = await notes.startProgress(true);
  show(standing(250, 1000));
  notes.say("A note.");
  notes.stopProgress();
  expect(stream.text).toMatch(/█{7}░{21} 250 done, 20\/s, \$0\.50/);
  expect(stream.text).toMatch(/A note\.\n/);
});

test("quiet: nothing", async () => {
  const stream = new Memory();
  const notes = new Notes(stream, true);
  (await notes.startProgress(true))(standing(1, 99_999));
  notes.say("A note.");
  notes.stopProgress();
  expect(stream.text).toBe("");
});

test("one press of Ctrl-C that npm passes on twice is one; the next one is the second; a third is not ours", () => {
  const target = new EventEmitter();
  let now = 0;
  const { drain, signal } = listenForInterrupts(target, () => now);
  target.emit("SIGINT");
  now = 100;
  target.emit("SIGINT");
  expect([drain.aborted, signal.aborted]).toEqual([true, false]);
  now = 500;
  target.emit("SIGTERM");
  expect(signal.aborted).toBe(true);
  expect(target.listenerCount("SIGINT") + target.listenerCount("SIGTERM")).toBe(0);
});

test("names that look alike, the nearest first", () => {
  const names = ["@batchwise/openai#embeddings", "@batchwise/openai#chat", "acme#embeddings"];
  expect(nearest("openai#embedings", names)).toEqual(["@batchwise/openai#embeddings"]);
  expect(nearest("@batchwise/openai#caht", names)[0]).toBe("@batchwise/openai#chat");
  expect(nearest("zzz", names)).toEqual([]);
});

test("numbers in words", () => {
  expect([count(12_345.6), counted(1, "retry", "retries"), counted(2, "retry", "retries")]).toEqual([
    "12,346",
    "1 retry",
    "2 retries",
  ]);
  expect([3, 1234, 12_345, 125_000, 11_400_000].map(duration)).toEqual([
    "3 ms",
    "1.2 s",
    "12 s",
    "2 min 5 s",
    "3 h 10 min",
  ]);
  expect([0, 1.2, 0.00034].map(dollars)).toEqual(["$0.00", "$1.20", "$0.00034"]);
});
