/** A user's wish to stop, in two steps. */
export interface Interrupts {
  /** Aborted by the first signal. */
  readonly drain: AbortSignal;
  /** Aborted by the second. */
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  close(): void;
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
    const time = now();
    if (time - last < SAME_PRESS_MS) return;
    last = time;
    if (!drain.signal.aborted) {
      drain.abort(new Error("Stopped by the user."));
    } else {
      abort.abort(new Error("Stopped by the user."));
      close();
    }
  };
  const close = (): void => {
    target.off("SIGINT", onSignal);
    target.off("SIGTERM", onSignal);
  };
  target.on("SIGINT", onSignal);
  target.on("SIGTERM", onSignal);
  return { drain: drain.signal, signal: abort.signal, close };
}
