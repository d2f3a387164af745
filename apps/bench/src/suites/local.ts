import { Embedder } from "../local/embedder.ts";
import { documentationPassages } from "../local/passages.ts";
import { versionOf } from "../machine.ts";
import type { SuiteReport } from "../report.ts";
import { takeTurns, timing } from "../rounds.ts";

/** Amount to measure. */
export interface LocalOptions {
  readonly items: number;
  readonly rounds: number;
}

/** Texts in one call of @energetic-ai/embeddings that are tried; the fastest is measured. */
const SIZES = [1, 8, 32];
const TRIAL_TEXTS = 64;
const MEGABYTE = 2 ** 20;
/** Allowed difference of two vectors of the same text, in any dimension. */
const TOLERANCE = 1e-5;

/** Embeds documentation passages with @batchwise/local and with the package that its model comes from. */
export async function measureLocal({ items, rounds }: LocalOptions): Promise<SuiteReport> {
  const texts = documentationPassages(items);
  using ours = await Embedder.start("batchwise");
  using theirs = await Embedder.start("energetic-ai");
  const size = await fastestSize(theirs, texts.slice(0, TRIAL_TEXTS));
  await ours.embed({ texts: texts.slice(0, TRIAL_TEXTS), size: TRIAL_TEXTS });

  const contenders = [
    {
      name: "@batchwise/local, one batch",
      package: "@batchwise/local",
      embedder: ours,
      size: items,
    },
    {
      name: `@energetic-ai/embeddings, ${size} a call`,
      package: "@energetic-ai/embeddings",
      embedder: theirs,
      size,
    },
  ];
  const answers = await takeTurns(contenders, {
    rounds,
    run: ({ embedder, size: own }) => embedder.embed({ texts, size: own }),
  });

  const rows = contenders.map((contender) => {
    const { name, package: packageName } = contender;
    const own = answers.get(contender) ?? [];
    const { median, least, most } = timing(own.map((answer) => answer.milliseconds));
    return {
      name,
      version: versionOf(packageName),
      perSecond: (items * 1000) / median,
      least: (items * 1000) / most,
      most: (items * 1000) / least,
      peak: Math.max(...own.map((answer) => answer.peakBytes)) / MEGABYTE,
      rounds,
    };
  });
  const [first, second] = rows as [(typeof rows)[0], (typeof rows)[0]];
  const difference = largestDifference(
    ...(contenders.map((contender) => answers.get(contender)?.[0]?.vectors ?? []) as Pair),
  );
  const words = texts.reduce((total, text) => total + text.split(" ").length, 0);
  return {
    suite: "local",
    title: `${items} documentation passages of ${Math.round(words / items)} words on average into vectors`,
    columns: [
      { key: "name", title: "contender" },
      { key: "version", title: "version" },
      { key: "perSecond", title: "texts a second" },
      { key: "least", title: "least" },
      { key: "most", title: "most" },
      { key: "peak", title: "peak of the process, MB" },
      { key: "rounds", title: "rounds" },
    ],
    rows,
    targets: [
      {
        name: "@batchwise/local against @energetic-ai/embeddings",
        bound: "at least",
        limit: 6,
        measured: first.perSecond / second.perSecond,
        unit: "times its texts a second",
      },
      {
        name: "@batchwise/local, memory",
        bound: "at most",
        limit: 400,
        measured: first.peak,
        unit: "MB of peak RSS",
      },
      {
        name: "@batchwise/local, largest difference from @energetic-ai/embeddings' own vectors",
        bound: "at most",
        limit: TOLERANCE / 1e-6,
        measured: difference / 1e-6,
        unit: "millionths",
      },
    ],
  };
}

type Pair = [readonly Float32Array[], readonly Float32Array[]];

async function fastestSize(embedder: Embedder, texts: readonly string[]): Promise<number> {
  // The first call compiles and allocates; it is not measured.
  await embedder.embed({ texts: texts.slice(0, 8), size: 8 });
  const trials: { readonly size: number; readonly milliseconds: number }[] = [];
  for (const size of SIZES) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const { milliseconds } = await embedder.embed({ texts, size });
    trials.push({ size, milliseconds });
  }
  return trials.toSorted((left, right) => left.milliseconds - right.milliseconds)[0]?.size ?? 1;
}

/** Largest difference in any dimension; NaN, which keeps no promise, for different numbers of vectors. */
function largestDifference(left: readonly Float32Array[], right: readonly Float32Array[]): number {
  if (left.length !== right.length || left.length === 0) return Number.NaN;
  let largest = 0;
  for (const [index, vector] of left.entries()) {
    for (const [dimension, value] of vector.entries()) {
      const distance = Math.abs(value - (right[index]?.[dimension] ?? Number.NaN));
      if (!(distance <= largest)) largest = distance;
    }
  }
  return largest;
}
