import { Effect, Stream } from "effect";
import type { StreamContender } from "./stream-contender.ts";
import { bulksOf, settleBulk } from "./bulks.ts";

export const contenders: readonly StreamContender[] = [
  {
    name: "Effect Stream.mapEffect over bulks",
    package: "effect",
    survives: true,
    async *run(texts, bulk, { size, inFlight }) {
      const settled = Stream.fromAsyncIterable(bulksOf(texts, size), (error) => error as Error).pipe(
        Stream.mapEffect((each) => Effect.promise(() => settleBulk(bulk, each)), {
          concurrency: inFlight,
          unordered: true,
        }),
      );
      for await (const outcomes of Stream.toAsyncIterable(settled)) for (const outcome of outcomes) yield outcome;
    },
  },
];
