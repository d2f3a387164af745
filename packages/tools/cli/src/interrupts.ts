/** A user's wish to stop, in two steps. */
export interface Interrupts {
  /** Aborted by the first signal. */
  readonly drain: AbortSignal;
  /** Aborted by the second. */
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  readonly close: () => void;
}

/** One press of Ctrl-C comes several times when npm and pnpm pass it on, within this many milliseconds. */
const SAME_PRESS_MS = 300;

/** Listens for Ctrl-C and for SIGTERM. A third one ends the process, as it does without us. */
export function listenForInterrupts(
  target: NodeJS.EventEmitter = process,
  now: () => number = () => performance.now(),
): Interrupts {
  const drain = new AbortController();
  const abort = new AbortController();
  let last = -Infinity;
  const onSignal = (): void => {
    const isSamePress = now() - last < SAME_PRESS_MS;
    last = now();
    if (isSamePress) return;
    const next = drain.signal.aborted ? abort : drain;
    next.abort(new Error("Stopped by the user."));
    if (next === abort) close();
  };
  const close = (): void => {
    for (const name of SIGNALS) target.off(name, onSignal);
  };
  for (const name of SIGNALS) target.on(name, onSignal);
  return { drain: drain.signal, signal: abort.signal, close };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
