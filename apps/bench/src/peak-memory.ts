import { readFileSync, writeFileSync } from "node:fs";
import { collectGarbage } from "./rounds.ts";

/** Resident memory of one process, in bytes. */
export interface MemoryUse {
  /** What the process held when its inputs were built and garbage collected. */
  readonly level: number;
  /** The most it held from then on. */
  readonly peak: number;
  /** The most it held from its very start, loading its modules included: what `ru_maxrss` says. */
  readonly maxRss: number;
}

/**
 * Collects garbage and takes the level; what it returns takes the peak since. On Linux that is the peak from now on,
 * elsewhere that of the whole life of the process.
 */
export function watchMemory(): () => MemoryUse {
  collectGarbage();
  const level = process.memoryUsage.rss();
  const before = process.resourceUsage().maxRSS * 1024;
  const forgotten = forgetPeak();
  return () => {
    const since = forgotten ? peakBytes() : process.resourceUsage().maxRSS * 1024;
    return { level, peak: Math.max(level, since), maxRss: Math.max(before, since) };
  };
}

function forgetPeak(): boolean {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}

function peakBytes(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error("Expected VmHWM in /proc/self/status, found none.");
  return Number(kilobytes) * 1024;
}
