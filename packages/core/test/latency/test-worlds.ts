import { describe, expect, it } from "vitest";
import { type Score, summarize, type World } from "./worlds.ts";

/** Seeds that each world is run with. BATCHWISE_SEEDS asks for another number. */
const SEEDS = Number(process.env["BATCHWISE_SEEDS"] ?? 50);

/** Worlds whose promise is not kept yet: one that is kept after all fails, and leaves this list. */
const MISSED: ReadonlySet<string> = new Set(["sharedSilent"]);

/** Tests some of the worlds. */
export function testWorlds(about: string, worlds: readonly [name: string, world: World][]): void {
  describe(`${about}, by their worlds`, () => {
    const summaries = new Map<string, Score>();

    it.for(worlds)("%s: nothing is lost, or faster than can be", { timeout: 300_000 }, async (entry) => {
      const [name, world] = entry;
      const scores: Score[] = [];
      for (let seed = 1; seed <= SEEDS; seed++) scores.push(await world.run(seed));
      summaries.set(name, summarize(scores));
      expect(summaries.get(name)?.lost).toBe(0);
      const [least, most] = world.isShare ? [0, 1.2] : [1, Infinity];
      for (const { ratio } of scores) {
        expect(ratio).toBeGreaterThanOrEqual(least);
        expect(ratio).toBeLessThan(most);
      }
    });

    const kept = (isMissed: boolean): [string, World][] => worlds.filter(([name]) => MISSED.has(name) === isMissed);

    it.for(kept(false))(`%s keeps its promise in ${SEEDS} seeds`, ([name, world]) => {
      const summary = summaries.get(name)!;
      expect(world.isKept(summary), `${world.promise}: ${JSON.stringify(summary)}`).toBe(true);
    });

    it.fails.for(kept(true))("%s will keep its promise", ([name, world]) => {
      expect(world.isKept(summaries.get(name)!)).toBe(true);
    });
  });
}
