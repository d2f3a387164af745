/** One press of Ctrl-C comes several times when npm and pnpm pass it on, within this many milliseconds. */
const SAME_PRESS_MS = 300;

/** Resolves at the first Ctrl-C or SIGTERM; at the second, `end` is called. */
export function stopAsked(
  end: () => void,
  target: NodeJS.EventEmitter = process,
  now: () => number = () => performance.now(),
): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = (): void => {
      if (firstAt === undefined) {
        firstAt = now();
        resolve();
      } else if (now() - firstAt >= SAME_PRESS_MS) end();
    };
    target.on("SIGINT", onSignal);
    target.on("SIGTERM", onSignal);
  });
}
