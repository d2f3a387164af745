import { expect, test, vi } from "vitest";
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

test("without a terminal: a line every ten seconds", async () => {
  const output = memory();
  const view = await openProgress(output, true);
  view.update(standing(0, 0));
  view.update(standing(100, 9999));
  view.update(standing(200, 10_000));
  view.note("A note.");
  view.update(standing(300, 19_000));
  view.update(standing(400, 20_000, { failed: 3 }));
  view.update(standing(500, 30_000, { share: undefined }));
  view.update(standing(600, 40_000, { total: 1000 }));
  view.stop();
  expect(output.text.split("\n")).toEqual([
    "200 done (20 %), 20/s, 40 s left, $0.50",
    "A note.",
    "400 done (40 %), 3 failed, 20/s, 30 s left, $0.50",
    "500 done, 20/s, $0.50",
    "600 of 1,000 (60 %), 20/s, 26 s left, $0.50",
    "",
  ]);
});

// https://clig.dev/#output: an editor's terminal shows what moves the cursor as text.
test("on a dumb terminal: lines, and no control characters", async () => {
  vi.stubEnv("TERM", "dumb");
  const output = memory({ isTTY: true, columns: 80 });
  const view = await openProgress(output, true);
  vi.unstubAllEnvs();
  view.update(standing(0, 0));
  view.update(standing(200, 10_000));
  view.stop();
  expect(output.text).toBe("200 done (20 %), 20/s, 40 s left, $0.50\n");
});

test("the time that is left counts from the share at which the run began", async () => {
  const output = memory();
  const view = await openProgress(output, true);
  view.update(standing(0, 0, { from: 0 }));
  view.update(standing(600, 20_000, { from: 0.5 }));
  expect(output.text).toBe("600 done (60 %), 20/s, 1 min 20 s left, $0.50\n");
});

test("waiting for a rate limit is said, and until when; what costs nothing has no cost", async () => {
  const output = memory();
  const view = await openProgress(output, false);
  const update = (elapsedMs: number, waitMs?: number): void => {
    const progress = { itemsPerSecond: 0, elapsedMs, waitingForLimits: true, usage: { cost: 0 } };
    view.update({ done: 0, failed: 0, share: undefined, progress, waitMs });
  };
  update(10_000);
  update(20_000, 25_000);
  expect(output.text).toBe(
    "0 done, 0/s, waits for a rate limit\n0 done, 0/s, waits for a rate limit, next call in 25 s\n",
  );
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

function terminal(columns: number): Output & { text: string } {
  const names = ["cursorTo", "clearLine", "moveCursor", "clearScreenDown"];
  return memory({ isTTY: true, columns, ...Object.fromEntries(names.map((name) => [name, () => true])) });
}

test("on a terminal: a bar, notes above it, and nothing of it left at the end", async () => {
  const output = terminal(100);
  const view = await openProgress(output, true);
  view.update(standing(250, 1000));
  view.note("A note.");
  view.stop();
  expect(output.text).toMatch(/█{7}░{21} 250 done, 20\/s, \$0\.50/);
  expect(output.text).toMatch(/A note\.\n/);
});

const WAITING = { itemsPerSecond: 20, elapsedMs: 60_000, waitingForLimits: true, usage: { cost: 0.5 } };

test.each([
  [10, "2,500 of "],
  [40, "2,500 of 10,000, next call in 25 s"],
  [80, "2,500 of 10,000, 3 failed, $0.50, waits for a rate limit, next call in 25 s"],
  [
    200,
    `${"█".repeat(7)}${"░".repeat(21)} 2,500 of 10,000, 3 failed, 20/s, $0.50, waits for a rate limit, next call in 25 s`,
  ],
])("at %i columns a line fits, of whole figures, and what is waited for is among them", async (columns, shown) => {
  const output = terminal(columns);
  const view = await openProgress(output, true);
  view.update({ done: 2500, total: 10_000, failed: 3, share: 0.25, progress: WAITING, waitMs: 25_000 });
  view.note("A note.");
  view.stop();
  // oxlint-disable-next-line no-control-regex -- the bar's controls
  const shownLines = output.text.split(/\u001B\[[?\d]*[a-zA-Z]|\n/);
  expect(shownLines).toContain(shown);
  expect(Math.max(...shownLines.map((line) => line.length))).toBeLessThan(columns);
});
