import { type Context, context, diag, ROOT_CONTEXT } from "@opentelemetry/api";

/** Result of `act`; undefined where it throws. A provider that fails is reported to `diag`, and fails no batch. */
export function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    tell(error);
    return undefined;
  }
}

/** Context that is active now. */
export function activeContext(): Context {
  return quietly(() => context.active()) ?? ROOT_CONTEXT;
}

/** Runs `work` in a context, and without it where the context manager fails: once, whatever happens. */
export function within<T>(active: Context, work: () => Promise<T>): Promise<T> {
  let running: Promise<T> | undefined;
  quietly(() =>
    context.with(active, () => {
      running = settled(work);
    }),
  );
  return running ?? settled(work);
}

/** Turns what is thrown at once into a rejection: it is the work's failure, and not the context manager's. */
function settled<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function tell(error: unknown): void {
  try {
    diag.error("@batchwise/opentelemetry: a provider of telemetry threw. The batch goes on.", error);
  } catch {
    // The logger fails as well: there is no other to tell.
  }
}
