/** One press of Ctrl-C comes several times when npm and pnpm pass it on, within this many milliseconds. */
const SAME_PRESS_MS = 300;

/** Calls `first` at the first Ctrl-C or SIGTERM and `second` at each further one. */
export function onStopAsked(
  first: () => void,
  second: () => void,
  target: NodeJS.EventEmitter = process,
  now: () => number = () => performance.now(),
): void {
  let firstAt: number | undefined;
  const onSignal = (): void => {
    if (firstAt === undefined) {
      firstAt = now();
      first();
    } else if (now() - firstAt >= SAME_PRESS_MS) second();
  };
  target.on("SIGINT", onSignal);
  target.on("SIGTERM", onSignal);
}
