import { expect, test } from "vitest";
import type { Standing } from "@batchwise/terminal";
import { Notes } from "./notes.ts";
import { Memory } from "./testing/workbench.ts";

const standing: Standing = {
  done: 200,
  failed: 0,
  share: 0.2,
  progress: { itemsPerSecond: 20, elapsedMs: 10_000, waitingForLimits: false, usage: { cost: 0.5 } },
};

test("progress, and notes between", async () => {
  const stream = new Memory();
  const notes = new Notes(stream, false);
  notes.say("Before.");
  const show = await notes.startProgress(true);
  show(standing);
  notes.say("A note.");
  notes.stopProgress();
  expect(stream.text).toBe("Before.\n200 done (20 %), 20/s, $0.50\nA note.\n");
});

test("quiet: nothing", async () => {
  const stream = new Memory();
  const notes = new Notes(stream, true);
  (await notes.startProgress(true))(standing);
  notes.say("A note.");
  notes.stopProgress();
  expect(stream.text).toBe("");
});

test.each([
  [40, ["Inputs    1,023 answered, 0 failed", "Output    t.jsonl; the same command with", " --resume continues it"]],
  [80, ["Inputs    1,023 answered, 0 failed", "Output    t.jsonl; the same command with --resume continues it"]],
  [undefined, ["Inputs    1,023 answered, 0 failed", "Output    t.jsonl; the same command with --resume continues it"]],
])("in %o columns a report breaks between words", (columns, lines) => {
  const stream = Object.assign(new Memory(), { columns });
  new Notes(stream, false).say(
    "Inputs    1,023 answered, 0 failed\nOutput    t.jsonl; the same command with --resume continues it",
  );
  expect(stream.text.split("\n")).toEqual([...lines, ""]);
});
