import type { Clock, Demand } from "@batchwise/core";
import { type Counter, type Limits, NOW } from "../limits/counter.ts";
import { AFTER_REFUSAL, BURST_MS, EXPLAINED, GROWTH, GROWTH_MS, SLOT_MS } from "../limits/take-sql.ts";

/** Counter in memory, on any clock: a model of the database's function, and a stand-in for it. */
export function memoryCounter(clock: Clock, limits: Limits, windowMs: number, latencyMs = 0): Counter {
  const slots = new Map<number, Demand>();
  const window = Math.ceil(windowMs / SLOT_MS);
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let share = 1;
  let refusedAt = Number.NEGATIVE_INFINITY;
  let pacedUntil = Number.NEGATIVE_INFINITY;
  const partOf = (demand: Demand): number => Math.max(...KINDS.map((kind) => demand[kind] / limits[kind]));
  const shareAt = (now: number): number =>
    share === 1 ? 1 : Math.min(1, share * (1 + GROWTH * Math.floor((now - refusedAt) / GROWTH_MS)));
  const used = (): Demand => [...slots.values()].reduce((sum, each) => add(sum, each, 1), NONE);
  const fits = (sum: Demand, wanted: Demand): boolean =>
    KINDS.every((kind) => sum[kind] + Math.min(wanted[kind], limits[kind]) <= limits[kind]);
  return async ({ wanted, corrections, pauseMs, refused = Number.NEGATIVE_INFINITY, isFree = false }) => {
    if (latencyMs > 0) await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
    const now = clock.now();
    const slot = Math.floor(now / SLOT_MS);
    if (pauseMs > 0) pausedUntil = Math.max(pausedUntil, now + pauseMs);
    for (const correction of corrections) {
      const at = correction.slot === NOW ? slot : correction.slot;
      slots.set(at, add(slots.get(at) ?? NONE, correction, 1));
    }
    for (const at of slots.keys()) if (at < slot - window) slots.delete(at);
    if (refused > Math.floor(refusedAt / SLOT_MS) && partOf(used()) < EXPLAINED) {
      share = AFTER_REFUSAL * Math.min(shareAt(now), partOf(used()));
      refusedAt = now;
      pacedUntil = Math.max(now, pausedUntil);
    }
    const left = isFree ? 1 : shareAt(now);
    if (pausedUntil > now) return { granted: 0, slot, waitMs: pausedUntil - now };
    let granted = 0;
    const mayGo = (): boolean => left === 1 || pacedUntil <= now;
    while (granted < wanted.length && mayGo() && fits(used(), wanted[granted]!)) {
      const takesMs = ((window * SLOT_MS) / left) * partOf(wanted[granted]!);
      pacedUntil = Math.max(pacedUntil, now - BURST_MS) + takesMs;
      slots.set(slot, add(slots.get(slot) ?? NONE, wanted[granted]!, 1));
      granted++;
    }
    if (granted === wanted.length) return { granted, slot, waitMs: 0 };
    if (!mayGo()) return { granted, slot, waitMs: pacedUntil - now };
    let rest = used();
    let free = slot;
    for (const [at, each] of [...slots].toSorted(([one], [two]) => one - two)) {
      rest = add(rest, each, -1);
      free = at;
      if (fits(rest, wanted[granted]!)) break;
    }
    return { granted, slot, waitMs: Math.max(1, (free + window + 1) * SLOT_MS - now) };
  };
}

const KINDS = ["requests", "inputs", "tokens"] as const;
const NONE: Demand = { requests: 0, inputs: 0, tokens: 0 };

function add(one: Demand, two: Demand, sign: 1 | -1): Demand {
  return {
    requests: one.requests + sign * two.requests,
    inputs: one.inputs + sign * two.inputs,
    tokens: one.tokens + sign * two.tokens,
  };
}
