import { type Runnable, withConfig } from "@batchwise/core";
import { requireOptions, type TelemetryOptions } from "./options.ts";
import { telemetry } from "./telemetry.ts";

/**
 * The same Runnable with spans and metrics: one span a batch, one a request, and what OpenTelemetry's conventions for
 * generative AI measure. No input, output, key or message of an error is recorded. While no provider is registered it
 * costs next to nothing, and one that fails breaks no batch.
 *
 * @throws ArgumentError for options that can't be worked with
 *
 * @example
 * const embeddings = withTelemetry(new OpenAIEmbeddings({ model }), { operation: "embeddings", provider: "openai", model });
 * const vectors = await embeddings.batch(texts);
 */
export function withTelemetry<Input, Output>(
  inner: Runnable<Input, Output>,
  options: TelemetryOptions = {},
): Runnable<Input, Output> {
  requireOptions(options);
  return withConfig(inner, { middleware: [telemetry(options)] });
}
