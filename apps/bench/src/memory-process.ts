// Started by memory.ts: runs one contender alone and sends back its memory use.
import { flushCompileCache } from "node:module";
import { verify, work } from "./contenders/work.ts";
import { loadContenders } from "./contenders/index.ts";
import type { MemoryTask } from "./memory.ts";
import { type MemoryUse, watchMemory } from "./peak-memory.ts";
import { loadStreamContenders } from "./streams/index.ts";
import { drain, SHAPE } from "./streams/texts.ts";

const CONCURRENCY = 64;

const task = JSON.parse(process.argv[2] as string) as MemoryTask;
const answer = await (task.kind === "loop" ? measureLoop(task) : measureStream(task));
// The parent ends this process.
flushCompileCache();
process.send?.(answer);

async function measureLoop({ module, name, items }: MemoryTask): Promise<MemoryUse> {
  const contender = named(await loadContenders(module), name);
  const inputs = Array.from({ length: items }, (_, index) => index);
  const finish = watchMemory();
  const read = await contender.run(inputs, work, CONCURRENCY);
  const use = finish();
  verify(name, read(), items, false);
  return use;
}

async function measureStream({ module, name, items }: MemoryTask): Promise<MemoryUse> {
  const contender = named(await loadStreamContenders(module), name);
  const finish = watchMemory();
  await drain(contender, items, SHAPE);
  return finish();
}

function named<Each extends { readonly name: string }>(contenders: readonly Each[], name: string): Each {
  const found = contenders.find((contender) => contender.name === name);
  if (found === undefined) throw new Error(`Expected a contender named ${JSON.stringify(name)}, got none.`);
  return found;
}
