import { readFileSync, writeFileSync } from "node:fs";
import { collectGarbage } from "./rounds.ts";

/** Resident memory of one process, in bytes. */
export interface MemoryUse {
  /** Memory when the inputs were built and garbage collected. */
  readonly level: number;
  /** Peak from then on. */
  readonly peak: number;
  /** Peak since the start of the process, with the loading of its modules (`ru_maxrss`). */
  readonly maxRss: number;
}

/**
 * Collects garbage and measures the level. Returns a function that measures the peak: on Linux from now on, elsewhere
 * since the start of the process.
 */
export function watchMemory(): () => MemoryUse {
  collectGarbage();
  const level = process.memoryUsage.rss();
  const before = process.resourceUsage().maxRSS * 1024;
  const isReset = resetPeak();
  return () => {
    const since = isReset ? peakBytes() : process.resourceUsage().maxRSS * 1024;
    return { level, peak: Math.max(level, since), maxRss: Math.max(before, since) };
  };
}

function resetPeak(): boolean {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}

function peakBytes(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error("Expected VmHWM in /proc/self/status, got none.");
  return Number(kilobytes) * 1024;
}
