import type { Progress } from "@batchwise/core";
import cliProgress from "cli-progress";
import { count, dollars, duration } from "./format.ts";

/** Where output goes. Both streams of the process fit. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows how far a batch is: a live bar on a terminal, a line for each tenth elsewhere. */
export interface ProgressView {
  update(progress: Progress): void;
  stop(): void;
}

/** Opens a view of `total` items on `output`. */
export function openProgress(output: Output, total: number): ProgressView {
  return output.isTTY === true ? openBar(output, total) : openLines(output, total);
}

function openBar(output: Output, total: number): ProgressView {
  const bar = new cliProgress.SingleBar({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bar writes, and asks for isTTY and columns
    stream: output as NodeJS.WriteStream,
    format: "  {bar} {value}/{total} {speed}",
    formatValue: (value, _options, type) => (type === "value" || type === "total" ? count(value) : String(value)),
    barsize: 28,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    // Signals are the caller's: the first one drains.
    gracefulExit: false,
  });
  bar.start(total, 0, { speed: "" });
  return {
    update: (progress) => bar.update(doneBy(progress), { speed: speedOf(progress) }),
    stop: () => bar.stop(),
  };
}

function openLines(output: Output, total: number): ProgressView {
  let tenths = 0;
  return {
    update: (progress) => {
      const reached = Math.floor((doneBy(progress) * 10) / total);
      if (reached <= tenths) return;
      tenths = reached;
      output.write(`  ${count(doneBy(progress))}/${count(total)} ${speedOf(progress)}\n`);
    },
    stop: () => undefined,
  };
}

/** Failed items are not done: where a key is refused, nothing is. */
function doneBy({ done, failed }: Progress): number {
  return done - failed;
}

function speedOf({ itemsPerSecond, remainingMs, done, total, usage }: Progress): string {
  const rate = `${count(itemsPerSecond)}/s`;
  const left = remainingMs === undefined || done === total ? "" : `, ${duration(remainingMs)} left`;
  return usage.cost > 0 ? `${rate}${left}, ${dollars(usage.cost)}` : `${rate}${left}`;
}
