// Started by memory.ts: runs one contender, alone, and sends back what it took.
import { readFileSync, writeFileSync } from "node:fs";
import { verify, work } from "./contenders/work.ts";
import { loadContenders } from "./contenders/index.ts";
import type { MemoryTask, MemoryUse } from "./memory.ts";
import { collectGarbage } from "./rounds.ts";
import { loadStreamContenders } from "./streams/index.ts";
import { drain, SHAPE } from "./streams/texts.ts";

const CONCURRENCY = 64;

const task = JSON.parse(process.argv[2] as string) as MemoryTask;
process.send?.(await (task.kind === "loop" ? measureLoop(task) : measureStream(task)));
process.disconnect();

async function measureLoop({ module, name, items }: MemoryTask): Promise<MemoryUse> {
  const contender = named(await loadContenders(module), name);
  const inputs = Array.from({ length: items }, (_, index) => index);
  const finish = startMeasure();
  const read = await contender.run(inputs, work, CONCURRENCY);
  const use = finish();
  verify(name, read(), items, false);
  return use;
}

async function measureStream({ module, name, items }: MemoryTask): Promise<MemoryUse> {
  const contender = named(await loadStreamContenders(module), name);
  const finish = startMeasure();
  await drain(contender, items, SHAPE);
  return finish();
}

function named<Each extends { readonly name: string }>(contenders: readonly Each[], name: string): Each {
  const found = contenders.find((contender) => contender.name === name);
  if (found === undefined) throw new Error(`Expected a contender named ${JSON.stringify(name)}, found none.`);
  return found;
}

/** Takes the level now; what it returns takes the peak since. */
function startMeasure(): () => MemoryUse {
  collectGarbage();
  const level = process.memoryUsage.rss();
  const before = process.resourceUsage().maxRSS * 1024;
  const forgotten = forgetPeak();
  return () => {
    const since = forgotten ? peakBytes() : process.resourceUsage().maxRSS * 1024;
    return { level, peak: Math.max(level, since), maxRss: Math.max(before, since) };
  };
}

/** Linux forgets a process's peak on demand; elsewhere the peak is that of the whole life of the process. */
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
