import { expect, test } from "vitest";
import { openProgress, type Output, type Standing } from "./progress.ts";

function memory(more: object = {}): Output & { text: string } {
  return {
    text: "",
    write(text: string) {
      this.text += text;
    },
    ...more,
  };
}

function standing(done: number, elapsedMs: number, more: Partial<Standing> = {}): Standing {
  const progress = { itemsPerSecond: 20, elapsedMs, waitingForLimits: false, usage: { cost: 0.5 } };
  return { done, failed: 0, share: done / 1000, progress, ...more };
}

test("without a terminal: a line every five seconds", async () => {
  const output = memory();
  const view = await openProgress(output, true);
  view.update(standing(0, 0));
  view.update(standing(100, 4999));
  view.update(standing(200, 5000));
  view.note("A note.");
  view.update(standing(300, 9000));
  view.update(standing(400, 10_000, { failed: 3 }));
  view.update(standing(500, 15_000, { share: undefined }));
  view.update(standing(600, 20_000, { total: 1000 }));
  view.stop();
  expect(output.text.split("\n")).toEqual([
    "200 done (20 %), 20/s, 20 s left, $0.50",
    "A note.",
    "400 done (40 %), 3 failed, 20/s, 15 s left, $0.50",
    "500 done, 20/s, $0.50",
    "600 of 1,000 (60 %), 20/s, 13 s left, $0.50",
    "",
  ]);
});

test("waiting for a rate limit is said; what costs nothing has no cost", async () => {
  const output = memory();
  const view = await openProgress(output, false);
  const progress = { itemsPerSecond: 0, elapsedMs: 5000, waitingForLimits: true, usage: { cost: 0 } };
  view.update({ done: 0, failed: 0, share: undefined, progress });
  expect(output.text).toBe("0 done, 0/s, waits for a rate limit\n");
});

test("P42 a provider that does not answer is named, since when, and until when", async () => {
  const output = memory();
  const view = await openProgress(output, false);
  const update = (elapsedMs: number): void => {
    const outage = { since: 10_000, until: 102_000 };
    const progress = { itemsPerSecond: 3, elapsedMs, waitingForLimits: true, usage: { cost: 0 }, outage };
    view.update({ done: 300, failed: 0, share: undefined, progress });
  };
  update(90_000);
  update(103_000);
  expect(output.text.split("\n")).toEqual([
    "300 done, 3/s, no answer for 1 min 20 s, next call in 12 s",
    "300 done, 3/s, no answer for 1 min 33 s",
    "",
  ]);
});

test("on a terminal: a bar, notes above it, and nothing of it left at the end", async () => {
  const names = ["cursorTo", "clearLine", "moveCursor", "clearScreenDown"];
  const controls = Object.fromEntries(names.map((name) => [name, () => true]));
  const output = memory({ isTTY: true, columns: 100, ...controls });
  const view = await openProgress(output, true);
  view.update(standing(250, 1000));
  view.note("A note.");
  view.stop();
  expect(output.text).toMatch(/█{7}░{21} 250 done, 20\/s, \$0\.50/);
  expect(output.text).toMatch(/A note\.\n/);
});
