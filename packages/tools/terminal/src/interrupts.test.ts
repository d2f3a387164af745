import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { listenForInterrupts } from "./interrupts.ts";

test("the first press drains, the second aborts, and a third is not ours", () => {
  const target = new EventEmitter();
  let time = 0;
  const { drain, signal } = listenForInterrupts(target, () => time);
  target.emit("SIGINT");
  expect([drain.aborted, signal.aborted]).toEqual([true, false]);
  time = 400;
  target.emit("SIGTERM");
  expect(signal.aborted).toBe(true);
  expect(target.listenerCount("SIGINT") + target.listenerCount("SIGTERM")).toBe(0);
});

test("one press that npm and pnpm pass on several times is one, and impatience is another", () => {
  const target = new EventEmitter();
  let time = 0;
  const { drain, signal } = listenForInterrupts(target, () => time);
  for (; time < 300; time += 50) target.emit("SIGINT");
  expect([drain.aborted, signal.aborted]).toEqual([true, false]);
  target.emit("SIGINT");
  expect(signal.aborted).toBe(true);
});

test("closed, it gives the signals back", () => {
  const target = new EventEmitter();
  const { drain, close } = listenForInterrupts(target);
  close();
  target.emit("SIGINT");
  expect(drain.aborted).toBe(false);
});
