import type { SharedV4Warning } from "@ai-sdk/provider";
import type { BatchOptions, Runnable } from "@batchwise/core";
import { requireRunnable } from "./settings.ts";

/** What a model is called. */
export interface ModelNames {
  /** The provider's name in logs and in `providerOptions`. @default "batchwise" */
  readonly provider?: string;
  /** The model's name in logs. @default the Runnable's class */
  readonly modelId?: string;
}

/** Names, and the options of every batch. @throws ArgumentError where `ours` is no Runnable */
export function identify<Input, Output>(
  ours: Runnable<Input, Output>,
  options: ModelNames & BatchOptions<Input, Output>,
): Required<ModelNames> & { readonly common: BatchOptions<Input, Output> } {
  requireRunnable(ours);
  const { provider = "batchwise", modelId = ours.constructor.name, ...common } = options;
  return { provider, modelId, common };
}

/** Options of one call: those of the model, those of `providerOptions`, and the signals of both. */
export function optionsFor<Input, Output>(
  common: BatchOptions<Input, Output>,
  abortSignal: AbortSignal | undefined,
  own: object = {},
): BatchOptions<Input, Output> {
  const signals = [common.signal, abortSignal].filter((signal) => signal !== undefined);
  return {
    ...common,
    ...own,
    ...(signals.length === 0 ? {} : { signal: signals.length === 1 ? signals[0]! : AbortSignal.any(signals) }),
  };
}

/** The Runnable sends its requests itself. The AI SDK always adds its own user agent; that is nobody's wish. */
export function unsupportedHeaders(headers: Readonly<Record<string, string | undefined>> = {}): SharedV4Warning[] {
  const names = Object.keys(headers).filter((name) => name.toLowerCase() !== "user-agent");
  if (names.length === 0) return [];
  return [{ type: "unsupported", feature: "headers", details: "Give them to the Runnable, which sends the requests." }];
}
