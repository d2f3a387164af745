import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { gridOf } from "./contenders/contender.ts";
import { contenderNamed } from "./contenders/index.ts";
import { BEST_SETTINGS, bestSetting, describeSetting } from "./settings.ts";
import { bestOf, SWEPT } from "./sweep.ts";
import { workloads } from "./workloads.ts";

test("a setting is described in words", () => {
  expect(describeSetting({})).toBe("as it comes");
  expect(describeSetting({ concurrency: 2, size: 2048, retries: 10 })).toBe("2 in flight, 2048 a request, 10 retries");
  expect(describeSetting({ share: 0.95, size: 512 })).toBe("95 % of the limits, 512 a request");
});

test("a grid is every combination of its values", () => {
  expect(gridOf({ concurrency: [1, 2], retries: [5] })).toEqual([
    { concurrency: 1, retries: 5 },
    { concurrency: 2, retries: 5 },
  ]);
  expect(gridOf({ share: [0.9, 1], size: [64, 256] })).toHaveLength(4);
});

describe("the committed settings", () => {
  test.each(SWEPT)("%s: each peer has one, from the grid of the sweep", async (workload) => {
    for (const name of workloads[workload].peers) {
      const { grids } = await contenderNamed(name);
      expect(grids?.[workloads[workload].grid], name).toContainEqual(bestSetting(workload, name));
    }
    expect.hasAssertions();
  });

  test("there are no others", () => {
    const all = JSON.parse(readFileSync(BEST_SETTINGS, "utf8")) as Record<string, object>;
    expect(Object.keys(all)).toEqual(SWEPT);
    for (const name of SWEPT) {
      expect(Object.keys(all[name] ?? {}).toSorted()).toEqual(workloads[name].peers.toSorted());
    }
  });

  test.each(SWEPT)("%s has 12 settings at most for each peer", async (workload) => {
    for (const name of workloads[workload].peers) {
      const { grids } = await contenderNamed(name);
      expect(grids?.[workloads[workload].grid]?.length, name).toBeGreaterThan(0);
      expect(grids?.[workloads[workload].grid]?.length, name).toBeLessThanOrEqual(12);
    }
  });

  test("wide uses those of embed, and a peer without one is named", () => {
    expect(bestSetting("wide", "LangChain")).toEqual(bestSetting("embed", "LangChain"));
    expect(() => bestSetting("embed", "unknown")).toThrow("Expected a setting of unknown for embed");
  });
});

test("the best trial loses least; of those that lose the same, the fastest", () => {
  const trial = (name: string, concurrency: number, lost: number, milliseconds: number) =>
    ({
      workload: "embed",
      entry: { name, setting: { concurrency }, always: true },
      run: { lost, milliseconds },
    }) as Parameters<typeof bestOf>[0][number];
  const best = bestOf([
    trial("LangChain", 1, 100, 10),
    trial("LangChain", 2, 0, 40),
    trial("LangChain", 4, 0, 30),
    trial("AI SDK", 1, 50, 10),
    trial("AI SDK", 8, 50, 20),
  ]);
  expect(best.embed).toEqual({ LangChain: { concurrency: 4 }, "AI SDK": { concurrency: 1 } });
  expect(best.chat).toBeUndefined();
});
