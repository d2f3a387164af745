/** Stop signals of a user, in two steps. */
export interface Interrupts {
  /** Aborted by the first signal: finish what is in flight. */
  readonly drain: AbortSignal;
  /** Aborted by the second: stop at once. */
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  readonly close: () => void;
}

/** One press of Ctrl-C arrives several times when npm and pnpm pass it on, within this many milliseconds. */
const SAME_PRESS_MS = 300;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Listens for Ctrl-C and SIGTERM. A third one ends the process, as any does where nothing listens. */
export function listenForInterrupts(
  target: NodeJS.EventEmitter = process,
  now: () => number = () => performance.now(),
): Interrupts {
  const drain = new AbortController();
  const abort = new AbortController();
  let last = -Infinity;
  const onSignal = (): void => {
    if (now() - last < SAME_PRESS_MS) return;
    last = now();
    const next = drain.signal.aborted ? abort : drain;
    if (next === abort) close();
    next.abort(new Error("Stopped by the user."));
  };
  const close = (): void => {
    for (const name of SIGNALS) target.off(name, onSignal);
  };
  for (const name of SIGNALS) target.on(name, onSignal);
  return { drain: drain.signal, signal: abort.signal, close };
}

/** Lets Ctrl-C pass by: it reaches every process of a terminal, also those that another one of them ends. */
export function ignoreInterrupts(): void {
  process.on("SIGINT", () => undefined);
}
