import { setTimeout } from "node:timers/promises";
import { type Emulator, startEmulator } from "@batchwise/emulator";
import type { Child } from "./child.ts";

/** Kills of each kind. More of them: BATCHWISE_KILLS=20. */
export const KILLS: number = Number(process.env["BATCHWISE_KILLS"] ?? 3);

/** Options of small requests, so that a run is long enough to be ended. */
export const SLOWLY: readonly string[] = [
  "--set",
  'request={"maxInputs":10}',
  "--set",
  "dimensions=4",
  "--set",
  "maxConcurrency=4",
];

/** Most inputs in flight, by `SLOWLY`. */
export const IN_FLIGHT: number = 4 * 10;

/** Starts a server whose answers take their time, each its own. */
export function slowServer(): Promise<Emulator> {
  return startEmulator({ tokens: "fast", trackInputs: true, latency: { baseMs: 30, jitter: 0.9 } });
}

/** Resolves when something is so, while the process lives. */
export async function until(child: Child, isSo: () => boolean | Promise<boolean>): Promise<void> {
  let isOver = false;
  void child.ended.finally(() => (isOver = true));
  while (!(await isSo())) {
    if (isOver) throw new Error(`Expected the process to run on, got its end. Read what it said: ${child.said.stderr}`);
    await setTimeout(5);
  }
}

/** Counts how often each input was paid for. */
export function paid(emulator: Emulator): number[] {
  return Object.values(emulator.stats().inputs ?? {}).map(({ charged }) => charged);
}

export function paidTwice(emulator: Emulator): number {
  return paid(emulator).reduce((sum, times) => sum + times - 1, 0);
}
