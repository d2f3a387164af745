import type { Writable } from "node:stream";
import type { Progress } from "@batchwise/core";
import { count, dollars, duration } from "./words.ts";

/** How far a run is. */
export interface Standing {
  /** Inputs that are through, those of an earlier run included. */
  readonly done: number;
  readonly failed: number;
  /** Share of the input that is through, from 0 to 1, where its size is known. */
  readonly share: number | undefined;
  readonly progress: Pick<Progress, "itemsPerSecond" | "elapsedMs" | "waitingForLimits" | "usage">;
}

/** Shows how far a run is: a live bar on a terminal, a line every few seconds elsewhere. */
export interface ProgressView {
  update(standing: Standing): void;
  /** A line beside it. */
  note(text: string): void;
  stop(): void;
}

/** Milliseconds between two lines. */
const LINE_MS = 5000;

/** @param isMeasured whether shares will be known */
export async function openProgress(stderr: Writable, isMeasured: boolean): Promise<ProgressView> {
  const note = (text: string): void => void stderr.write(`${text}\n`);
  const remaining = remainder();
  if (isTerminal(stderr)) return openBar(stderr, isMeasured, note, remaining);
  let shownMs = 0;
  return {
    update: (standing) => {
      const { elapsedMs } = standing.progress;
      if (elapsedMs - shownMs < LINE_MS) return;
      shownMs = elapsedMs;
      const { share } = standing;
      const percent = share === undefined ? "" : ` (${Math.floor(share * 100)} %)`;
      note(`${count(standing.done)} done${percent}${figuresOf(standing, remaining(standing))}`);
    },
    note,
    stop: () => undefined,
  };
}

async function openBar(
  stderr: NodeJS.WriteStream,
  isMeasured: boolean,
  note: (text: string) => void,
  remaining: (standing: Standing) => number | undefined,
): Promise<ProgressView> {
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar({
    stream: stderr,
    format: isMeasured ? "{bar} {line}" : "{line}",
    barsize: 28,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    // Signals are the caller's: the first one drains.
    gracefulExit: false,
  });
  let payload = { line: "0 done" };
  bar.start(1, 0, payload);
  return {
    update: (standing) => {
      payload = { line: `${count(standing.done)} done${figuresOf(standing, remaining(standing))}` };
      bar.update(standing.share ?? 0, payload);
    },
    note: (text) => {
      bar.stop();
      note(text);
      bar.start(1, 0, payload);
    },
    stop: () => bar.stop(),
  };
}

/** Milliseconds that are left at the pace so far; what an earlier run has done is no part of the pace. */
function remainder(): (standing: Standing) => number | undefined {
  let first: number | undefined;
  return ({ share, progress }) => {
    if (share === undefined) return undefined;
    first ??= share;
    return share > first && share < 1 ? (progress.elapsedMs * (1 - share)) / (share - first) : undefined;
  };
}

function figuresOf({ failed, progress }: Standing, remainingMs: number | undefined): string {
  const { itemsPerSecond, waitingForLimits, usage } = progress;
  return [
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    `${count(itemsPerSecond)}/s`,
    ...(remainingMs === undefined ? [] : [`${duration(remainingMs)} left`]),
    ...(usage.cost > 0 ? [dollars(usage.cost)] : []),
    ...(waitingForLimits ? ["waits for a rate limit"] : []),
  ]
    .map((figure) => `, ${figure}`)
    .join("");
}

function isTerminal(stream: Writable): stream is NodeJS.WriteStream {
  return (stream as Partial<NodeJS.WriteStream>).isTTY === true;
}
