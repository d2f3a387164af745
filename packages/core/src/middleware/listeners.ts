import type { BatchInfo, BatchListeners, Middleware } from "../contract/middleware.ts";
import type { BatchOptions } from "../contract/runnable.ts";

/** Options in which the listeners of middleware come before the caller's own. */
export function withListeners<Input, Output>(
  options: BatchOptions<Input, Output>,
  middleware: readonly Middleware[],
  info: BatchInfo,
): BatchOptions<Input, Output> {
  const listeners: BatchListeners[] = middleware.flatMap((each) => each.batch?.(info) ?? []);
  if (listeners.length === 0) return options;
  const all = [...listeners, options] as readonly BatchOptions<Input, Output>[];
  return {
    ...options,
    onProgress: inTurn(all.map((each) => each.onProgress)),
    onRequest: inTurn(all.map((each) => each.onRequest)),
    onRetry: inTurn(all.map((each) => each.onRetry)),
    onFinish: inTurn(all.map((each) => each.onFinish)),
  };
}

type Listener<Event> = ((event: Event) => void) | undefined;

function inTurn<Event>(listeners: readonly Listener<Event>[]): Listener<Event> {
  const given = listeners.filter((each) => each !== undefined);
  return given.length === 0 ? undefined : (event) => given.forEach((listener) => listener(event));
}
