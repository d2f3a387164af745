import { pMapIterable } from "p-map";
import type { StreamContender } from "./stream-contender.ts";
import { bulksOf, settleBulk } from "./bulks.ts";

export const contenders: readonly StreamContender[] = [
  {
    name: "p-map pMapIterable over bulks",
    package: "p-map",
    survives: true,
    async *run(texts, bulk, { size, inFlight }) {
      const settled = pMapIterable(bulksOf(texts, size), (each) => settleBulk(bulk, each), {
        concurrency: inFlight,
        preserveOrder: false,
      });
      for await (const outcomes of settled) for (const outcome of outcomes) yield outcome;
    },
  },
];
