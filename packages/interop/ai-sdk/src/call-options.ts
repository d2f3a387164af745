import type { SharedV4Warning } from "@ai-sdk/provider";
import { anySignal, defined, requireMethods } from "@batchwise/adapter-kit";
import type { BatchOptions, Runnable } from "@batchwise/core";

/** Names of a model. */
export interface ModelNames {
  /** The provider's name in logs and in `providerOptions`. @default "batchwise" */
  readonly provider?: string;
  /** The model's name in logs. @default the Runnable's class */
  readonly modelId?: string;
}

/** Names, and the options of every batch. @throws ArgumentError where `ours` is not a Runnable */
export function identify<Input, Output>(
  ours: Runnable<Input, Output>,
  options: ModelNames & BatchOptions<Input, Output>,
): Required<ModelNames> & { readonly common: BatchOptions<Input, Output> } {
  requireMethods(ours, ["invoke", "batch"], "a Runnable of Batchwise");
  const { provider = "batchwise", modelId = ours.constructor.name, ...common } = options;
  return { provider, modelId, common };
}

/** Options of one call: those of the model, those of `providerOptions`, and the signals of both. */
export function optionsFor<Input, Output>(
  common: BatchOptions<Input, Output>,
  abortSignal: AbortSignal | undefined,
  own: object = {},
): BatchOptions<Input, Output> {
  return { ...common, ...own, ...defined({ signal: anySignal(common.signal, abortSignal) }) };
}

/** The Runnable sends its requests itself. The AI SDK always adds its own user agent, which was not asked for. */
export function unsupportedHeaders(headers: Readonly<Record<string, string | undefined>> = {}): SharedV4Warning[] {
  const names = Object.keys(headers).filter((name) => name.toLowerCase() !== "user-agent");
  if (names.length === 0) return [];
  return [{ type: "unsupported", feature: "headers", details: "Give them to the Runnable, which sends the requests." }];
}
