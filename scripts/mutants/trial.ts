import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Search from "../../packages/core/test/model/search.ts";

/** Result of the trial of one mutant: the last line that it prints, as JSON. */
export interface Verdict {
  /** Family of schedules that caught it; undefined when none did. */
  readonly family: string | undefined;
  readonly fault: string | undefined;
  /** Number of schedules that were performed. */
  readonly runs: number;
}

// node trial.ts <workspace> <schedules of each family> <seed>
const [, , root = "", runs = "", seed = ""] = process.argv;

process.on("unhandledRejection", () => {
  report({ family: "any", fault: "an unhandled rejection", runs: 0 });
  process.exit(0);
});

const { FAMILIES, probe } = (await import(
  pathToFileURL(join(root, "packages/core/test/model/search.ts")).href
)) as typeof Search;
report(await tried());

async function tried(): Promise<Verdict> {
  let performed = 0;
  // A few schedules of each family in turn: most mutants are caught early, by one family or another.
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    for (const family of Object.keys(FAMILIES) as (keyof typeof FAMILIES)[]) {
      const roundRuns = Math.ceil(Number(runs) / rounds);
      const finding = await probe(family, roundRuns, Number(seed) + round);
      if (finding !== undefined) return { family, fault: finding.fault, runs: performed + finding.runs };
      performed += roundRuns;
    }
  }
  return { family: undefined, fault: undefined, runs: performed };
}

function report(verdict: Verdict): void {
  console.log(JSON.stringify(verdict));
}
