import type { Call, Middleware } from "@batchwise/core";
import { BatchRecord, recordOf } from "./batch-record.ts";
import type { TelemetryOptions } from "./options.ts";
import { Recording } from "./recorder.ts";
import { RequestRecord } from "./request-record.ts";

type CallHook = NonNullable<Middleware["call"]>;

/** The hooks that record requests. */
const hooks = new WeakSet<CallHook>();

/**
 * Middleware that records batches and requests. Of several around one call the innermost records it, of several around
 * one batch the outermost. A batch that begins while no provider is registered is run as if there were none.
 */
export function telemetry(options: TelemetryOptions): Middleware {
  const recording = new Recording(options);
  const hook: CallHook = (call, next) => {
    const recorder = recording.recorder();
    if (recorder === undefined || !isInnermost(hook, call)) return next(call);
    return new RequestRecord(recorder, call).run(next);
  };
  hooks.add(hook);
  return {
    batch(info) {
      const recorder = recording.recorder();
      // The outermost is asked first.
      if (recorder === undefined || recordOf(info) !== undefined) return undefined;
      return new BatchRecord(recorder, info).listeners;
    },
    get call(): CallHook | undefined {
      return recording.recorder() === undefined ? undefined : hook;
    },
  };
}

function isInnermost(hook: CallHook, call: Call): boolean {
  return call.hooks.find((each) => hooks.has(each)) === hook;
}
