import { wholeNumber } from "@batchwise/terminal";
import { Argument, Command } from "commander";
import { describeMachine } from "./machine.ts";
import { describeTarget, isKept, type SuiteReport } from "./report.ts";
import { writeResults } from "./readme.ts";
import { BEST_SETTINGS, type SweptName } from "./provider/settings.ts";
import { SWEPT, sweepSettings, writeBestSettings } from "./provider/sweep.ts";
import { type Suite, type SuiteGroup, suites } from "./suites/index.ts";
import { markdownTable, terminalTable } from "./table.ts";

const README = new URL("../README.md", import.meta.url);

interface Flags {
  readonly items?: number;
  readonly rounds?: number;
  readonly rows?: string[];
  readonly contenders?: string[];
  readonly json?: boolean;
  readonly write?: boolean;
  readonly check?: boolean;
}

const program = new Command("bench")
  .description("Measures Batchwise against its peers, side by side on this machine.")
  .showHelpAfterError();
for (const suite of suites) {
  withFlags(program.command(suite.name).description(suite.description))
    .option("--items <count>", `items to measure (default: ${suite.defaults.items})`, wholeNumber(1))
    .action((flags: Flags) => run([suite], flags));
}
withGroup("provider", "the suites against an emulated provider, one after another");
withGroup("learned", "the suites in which the size of requests has to be learned, one after another");
program
  .command("sweep")
  .description("tries settings of the peers, and keeps the best for the suites")
  .addArgument(new Argument("[workloads...]", "names of workloads (default: all)").choices(SWEPT))
  .action(sweep);
withFlags(program.command("all").description("every suite, one after another")).action((flags: Flags) =>
  run(suites, flags),
);
await program.parseAsync();

function withGroup(group: SuiteGroup, description: string): void {
  withFlags(program.command(group).description(description)).action((flags: Flags) =>
    run(
      suites.filter((suite) => suite.group === group),
      flags,
    ),
  );
}

function withFlags(command: Command): Command {
  return command
    .option("--rows <names...>", "rows of a suite that has several workloads (default: all)")
    .option("--contenders <names...>", "contenders besides ours, by a part of their names (default: all)")
    .option("--rounds <count>", "rounds of each suite (default: the suite's own)", wholeNumber(1))
    .option("--json", "print the figures as JSON instead of tables")
    .option("--write", "put the tables into the README of apps/bench")
    .option("--check", "exit with 1 when a promise is missed");
}

async function run(chosen: readonly Suite[], flags: Flags): Promise<void> {
  const reports: SuiteReport[] = [];
  for (const suite of chosen) {
    if (flags.json !== true) process.stderr.write(`Measuring ${suite.name}: ${suite.description} ...\n`);
    const options = {
      items: flags.items ?? suite.defaults.items,
      rounds: flags.rounds ?? suite.defaults.rounds,
      ...(flags.rows !== undefined && { rows: flags.rows }),
      ...(flags.contenders !== undefined && { contenders: flags.contenders }),
    };
    // One suite at a time: two at once would measure each other.
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const report = await suite.measure(options);
    reports.push(report);
    if (flags.json !== true) process.stdout.write(`${terminalTable(report)}\n\n`);
  }
  if (flags.json === true)
    process.stdout.write(`${JSON.stringify({ machine: describeMachine(), reports }, null, 2)}\n`);
  if (flags.write === true) {
    await writeResults(README, new Map(reports.map((report) => [report.suite, resultOf(report)])));
  }
  const missed = reports.flatMap((report) => report.targets).filter((target) => !isKept(target));
  if (flags.check === true && missed.length > 0) {
    process.stderr.write(missed.map((target) => `Missed: ${describeTarget(target)}\n`).join(""));
    process.exitCode = 1;
  }
}

/** Not a suite: it takes long, and changes what the suites measure. */
async function sweep(names: readonly SweptName[]): Promise<void> {
  const { best, report } = await sweepSettings(names.length === 0 ? SWEPT : names, (line) =>
    process.stderr.write(`${line}\n`),
  );
  process.stdout.write(`${terminalTable(report)}\n`);
  await writeBestSettings(BEST_SETTINGS, best);
}

function resultOf(report: SuiteReport): string {
  return `${report.title}; ${describeMachine()}.\n\n${markdownTable(report)}`;
}
