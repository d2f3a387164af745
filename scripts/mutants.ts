import { execFile } from "node:child_process";
import { join } from "node:path";
import { type Mutation, MUTATIONS } from "./mutants/mutations.ts";
import type { Verdict } from "./mutants/trial.ts";
import { makeWorkspace, occurrences } from "./mutants/workspace.ts";

/**
 * Plants one fault after another into a copy of the engine and shows that core's invariants catch each of them. Ends with
 * code 0 only when every mutant is caught and the unchanged engine passes.
 */
const SCHEDULES_OF_EACH_FAMILY = 500;
const SEED = 42;
/** Time after which a mutant hangs; the unchanged engine must end in this time too. */
const LONGEST_MS = 180_000;
const AT_ONCE = 2;

interface Row {
  readonly mutant: string;
  readonly caught: boolean;
  readonly family: string;
  readonly runs: string;
  readonly fault: string;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const only = process.argv[2];
  const mutations = MUTATIONS.filter(({ name }) => only === undefined || name.includes(only));
  const stale = await staleOf(mutations);
  if (stale.length > 0) {
    console.error(`Expected each mutation to match the engine once, got others:\n${stale.join("\n")}`);
    return 1;
  }
  const baseline = await tryOut(undefined);
  if (baseline.caught) {
    console.error(
      `Expected the unchanged engine to keep its laws, got a broken one: ${baseline.family}: ${baseline.fault}`,
    );
    return 1;
  }
  console.log(`The unchanged engine keeps its laws in ${baseline.runs} schedules.\n`);
  const rows: Row[] = [];
  const queue = [...mutations];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const row = await tryOut(next);
      rows.push(row);
      print(row);
    }
  };
  print({ mutant: "mutant", caught: true, family: "caught by", runs: "after runs", fault: "first broken law" });
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const survivors = rows.filter((row) => !row.caught);
  console.log(`\n${rows.length - survivors.length} of ${rows.length} mutants caught`);
  return survivors.length === 0 ? 0 : 1;
}

async function staleOf(mutations: readonly Mutation[]): Promise<string[]> {
  const counts = await Promise.all(mutations.map(occurrences));
  return mutations.flatMap(({ name, file }, index) =>
    counts[index] === 1 ? [] : [`- ${name} (${file}): found ${counts[index]} times`],
  );
}

async function tryOut(mutation: Mutation | undefined): Promise<Row> {
  const mutant = mutation?.name ?? "none";
  const workspace = await makeWorkspace(mutation);
  try {
    const verdict = await trial(workspace.root);
    if (verdict === "hung") return { mutant, caught: true, family: "any", runs: "-", fault: "it hangs" };
    return {
      mutant,
      caught: verdict.family !== undefined,
      family: verdict.family ?? "NOT CAUGHT",
      runs: String(verdict.runs),
      fault: verdict.fault?.split("\n- ")[1] ?? verdict.fault ?? "",
    };
  } finally {
    await workspace.remove();
  }
}

function trial(root: string): Promise<Verdict | "hung"> {
  const script = join(import.meta.dirname, "mutants", "trial.ts");
  const args = ["--conditions=@batchwise/source", script, root, String(SCHEDULES_OF_EACH_FAMILY), String(SEED)];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { timeout: LONGEST_MS, killSignal: "SIGKILL", maxBuffer: 1e8 },
      (error, stdout, stderr) => {
        const last = stdout.trimEnd().split("\n").at(-1) ?? "";
        if (last.startsWith("{")) resolve(JSON.parse(last) as Verdict);
        else if (error?.killed === true) resolve("hung");
        else reject(new Error(`Expected a verdict of the trial, got none:\n${stderr}`));
      },
    );
  });
}

function print({ mutant, family, runs, fault }: Row): void {
  console.log(`${mutant.padEnd(44)} ${family.padEnd(18)} ${runs.padEnd(11)} ${fault.slice(0, 110)}`);
}
