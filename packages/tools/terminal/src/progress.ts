import { count, dollars, duration } from "./numbers.ts";

/** Stream that output goes to. Both streams of the process fit. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Progress of a run. */
export interface Standing {
  /** Items that are done, those of an earlier run included. */
  readonly done: number;
  /** Number of items, where it is known. */
  readonly total?: number | undefined;
  readonly failed: number;
  /** Share that is done, from 0 to 1, where it is known. */
  readonly share: number | undefined;
  /** Share at which this run began, after what an earlier run has done. @default the first share */
  readonly from?: number | undefined;
  /** The pace of this run; core's `Progress` fits. */
  readonly progress: {
    readonly itemsPerSecond: number;
    readonly elapsedMs: number;
    readonly waitingForLimits: boolean;
    readonly usage: { readonly cost: number };
    readonly outage?: Outage | undefined;
  };
  /** Milliseconds after which the next call may be made, while a rate limit is waited for and where it is known. */
  readonly waitMs?: number | undefined;
}

/** Provider that does not answer, in milliseconds since the run began. */
interface Outage {
  /** Time of the first of the failures in a row. */
  readonly since: number;
  /** Time of the next call. */
  readonly until: number;
}

/** Shows the progress of a run: a live bar on a terminal, a line every ten seconds elsewhere and where `TERM` is `dumb`. */
export interface ProgressView {
  update(standing: Standing): void;
  /** Writes a line beside it. */
  note(text: string): void;
  stop(): void;
}

/** Milliseconds between two lines. */
const LINE_MS = 10_000;

/** Opens a view on `output`. @param isMeasured whether shares will be known */
export async function openProgress(output: Output, isMeasured: boolean): Promise<ProgressView> {
  const note = (text: string): void => void output.write(`${text}\n`);
  const remaining = remainder();
  // A dumb terminal, as of an editor, writes what moves the cursor.
  if (output.isTTY === true && process.env["TERM"] !== "dumb") return openBar(output, isMeasured, note, remaining);
  let shownMs = 0;
  return {
    update: (standing) => {
      const { elapsedMs } = standing.progress;
      const remainingMs = remaining(standing);
      if (elapsedMs - shownMs < LINE_MS) return;
      shownMs = elapsedMs;
      const { share } = standing;
      const percent = share === undefined ? "" : ` (${Math.floor(share * 100)} %)`;
      note([`${doneOf(standing)}${percent}`, ...figuresOf(standing, remainingMs).map(({ text }) => text)].join(", "));
    },
    note,
    stop: () => undefined,
  };
}

async function openBar(
  output: Output,
  isMeasured: boolean,
  note: (text: string) => void,
  remaining: (standing: Standing) => number | undefined,
): Promise<ProgressView> {
  const { default: cliProgress } = await import("cli-progress");
  let figures: readonly Figure[] = [{ text: "0 done", weight: Infinity }];
  const bar = new cliProgress.SingleBar({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bar writes, and asks for isTTY and columns
    stream: output as NodeJS.WriteStream,
    // In the width that the terminal has now.
    format: (_, { progress }) => inWidth(figures, isMeasured ? progress : undefined, output.columns ?? USUAL_COLUMNS),
    hideCursor: true,
    clearOnComplete: true,
    // Signals are the caller's: the first one drains.
    gracefulExit: false,
  });
  bar.start(1, 0);
  return {
    update: (standing) => {
      figures = [{ text: doneOf(standing), weight: Infinity }, ...figuresOf(standing, remaining(standing))];
      bar.update(standing.share ?? 0);
    },
    note: (text) => {
      bar.stop();
      note(text);
      bar.start(1, 0);
    },
    stop: () => bar.stop(),
  };
}

const USUAL_COLUMNS = 80;
/** Columns of a bar; no bar is shown where the line leaves less than `SHORTEST_BAR`. */
const LONGEST_BAR = 28;
const SHORTEST_BAR = 8;

/** Figure of a line. Where there is no room for all, those of the largest weight stay. */
interface Figure {
  readonly text: string;
  readonly weight: number;
}

/** Line with a bar before it where there is room for one, and of the figures that have room where there is none for all. */
function inWidth(figures: readonly Figure[], share: number | undefined, columns: number): string {
  // The last column stays free: a terminal may begin a new line after it.
  const room = Math.max(1, columns - 1);
  let shown: readonly Figure[] = [];
  for (const figure of figures.toSorted((one, other) => other.weight - one.weight)) {
    const more = figures.filter((each) => each === figure || shown.includes(each));
    if (shown.length === 0 || lineOf(more).length <= room) shown = more;
  }
  const line = lineOf(shown);
  const length = Math.min(LONGEST_BAR, room - line.length - 1);
  if (share !== undefined && length >= SHORTEST_BAR) {
    const full = Math.round(share * length);
    return `${"█".repeat(full)}${"░".repeat(length - full)} ${line}`;
  }
  return line.slice(0, room);
}

function lineOf(figures: readonly Figure[]): string {
  return figures.map(({ text }) => text).join(", ");
}

/** Milliseconds that are left at the pace since the run began; what an earlier run has done is no part of it. */
function remainder(): (standing: Standing) => number | undefined {
  let first: number | undefined;
  return ({ share, from, progress }) => {
    if (share === undefined) return undefined;
    first ??= share;
    const done = share - (from ?? first);
    return done > 0 && share < 1 ? (progress.elapsedMs * (1 - share)) / done : undefined;
  };
}

function doneOf({ done, total }: Standing): string {
  return total === undefined ? `${count(done)} done` : `${count(done)} of ${count(total)}`;
}

function figuresOf({ failed, progress, waitMs = 0 }: Standing, remainingMs: number | undefined): Figure[] {
  const { itemsPerSecond, waitingForLimits, usage, outage, elapsedMs } = progress;
  const nextMs = outage === undefined ? (waitingForLimits ? waitMs : 0) : outage.until - elapsedMs;
  return [
    ...(failed > 0 ? [{ text: `${count(failed)} failed`, weight: 3 }] : []),
    { text: `${count(itemsPerSecond)}/s`, weight: 1 },
    ...(remainingMs === undefined ? [] : [{ text: `${duration(remainingMs)} left`, weight: 4 }]),
    ...(usage.cost > 0 ? [{ text: dollars(usage.cost), weight: 2 }] : []),
    ...(outage === undefined ? [] : [{ text: outageOf(outage, elapsedMs), weight: 5 }]),
    ...(waitingForLimits && outage === undefined ? [{ text: "waits for a rate limit", weight: 5 }] : []),
    ...(nextMs > 0 ? [{ text: `next call in ${duration(nextMs)}`, weight: 6 }] : []),
  ];
}

/** Words for what is waited for, and since when. */
function outageOf({ since }: Outage, nowMs: number): string {
  return `no answer for ${duration(Math.max(0, nowMs - since))}`;
}
