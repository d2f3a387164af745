import { invalid } from "./errors.ts";
import { CONTEXT_TOKENS } from "./limits.ts";

/** @throws Refusal when the request is longer than the model's context */
export function checkContext(tokens: number, param: string): void {
  if (tokens <= CONTEXT_TOKENS) return;
  throw invalid(
    `This model's maximum context length is ${CONTEXT_TOKENS} tokens, but your ${param} resulted in ${tokens} tokens.`,
    param,
    "context_length_exceeded",
  );
}
