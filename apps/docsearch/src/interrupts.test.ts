import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { listenForInterrupts } from "./interrupts.ts";

test("the first press drains, the second aborts, and the third is nobody's", () => {
  const target = new EventEmitter();
  let time = 0;
  const { drain, signal } = listenForInterrupts(target, () => time);
  target.emit("SIGINT");
  expect([drain.aborted, signal.aborted]).toEqual([true, false]);
  time = 1_000;
  target.emit("SIGTERM");
  expect([drain.aborted, signal.aborted]).toEqual([true, true]);
  expect(target.listenerCount("SIGINT")).toBe(0);
});

test("one press that npm and pnpm pass on several times is one press", () => {
  const target = new EventEmitter();
  let time = 0;
  const { signal } = listenForInterrupts(target, () => time);
  for (; time < 250; time += 50) target.emit("SIGINT");
  expect(signal.aborted).toBe(false);
});
