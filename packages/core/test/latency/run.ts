import { type Score, summarize, WORLDS } from "./worlds.ts";

/**
 * Prints what the engine scores in each world:
 * `node --conditions=@batchwise/source packages/core/test/latency/run.ts [worlds] [seeds]`, such as `E10,E30 50`. A world's
 * name may be its beginning.
 */
const [wanted = "", seeds = "3"] = process.argv.slice(2);

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
const column = (text: string, width: number): string => text.padStart(width);

console.log(
  `${"world".padEnd(13)}   mean  least   most requests    429s  lost found,s  cpu,s  kept         promise; world`,
);
for (const [name, world] of Object.entries(WORLDS)) {
  if (!wanted.split(",").some((each) => name.startsWith(each))) continue;
  const start = performance.now();
  const scores: Score[] = [];
  for (let seed = 1; seed <= Number(seeds); seed++) scores.push(await world.run(seed));
  const cpuS = (performance.now() - start) / 1000 / scores.length;
  const all = summarize(scores);
  const ratios = scores.map(({ ratio }) => ratio);
  const kept = scores.filter((score) => world.isKept(score)).length;
  console.log(
    name.padEnd(13),
    ...[all.ratio, Math.min(...ratios), Math.max(...ratios)].map((each) => column(each.toFixed(3), 6)),
    column(mean(scores.map(({ requests }) => requests)).toFixed(0), 8),
    column(mean(scores.map(({ refused }) => refused)).toFixed(1), 7),
    column(String(all.lost), 5),
    column(all.foundS?.toFixed(1) ?? "", 7),
    column(cpuS.toFixed(2), 6),
    column(`${kept}/${scores.length}`, 6),
    world.isKept(all) ? " kept:  " : " MISSED:",
    `${world.promise}; ${world.about}`,
  );
  for (const { shares } of scores.slice(0, 1)) {
    if (shares !== undefined) console.log(`  each 30 s: ${shares.map((share) => share.toFixed(2)).join(" ")}`);
  }
}
