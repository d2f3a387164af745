import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Search from "../../packages/core/test/model/search.ts";

/** What the trial of one mutant found; the last line that the trial prints, as JSON. */
export interface Verdict {
  /** The family of schedules that caught it; undefined where none did. */
  readonly family: string | undefined;
  readonly fault: string | undefined;
  /** Schedules that were performed. */
  readonly runs: number;
}

// node trial.ts <workspace> <schedules of each family> <seed>
const [, , root = "", runs = "", seed = ""] = process.argv;

process.on("unhandledRejection", () => {
  report({ family: "any", fault: "a rejection that nobody handles", runs: 0 });
  process.exit(0);
});

const { FAMILIES, probe } = (await import(
  pathToFileURL(join(root, "packages/core/test/model/search.ts")).href
)) as typeof Search;
report(await tried());

async function tried(): Promise<Verdict> {
  let performed = 0;
  // Small portions of each family in turn: most mutants show early, in one family or another.
  const portions = 10;
  for (let portion = 0; portion < portions; portion++) {
    for (const family of Object.keys(FAMILIES) as (keyof typeof FAMILIES)[]) {
      const portionRuns = Math.ceil(Number(runs) / portions);
      const finding = await probe(family, portionRuns, Number(seed) + portion);
      if (finding !== undefined) return { family, fault: finding.fault, runs: performed + finding.runs };
      performed += portionRuns;
    }
  }
  return { family: undefined, fault: undefined, runs: performed };
}

function report(verdict: Verdict): void {
  console.log(JSON.stringify(verdict));
}
