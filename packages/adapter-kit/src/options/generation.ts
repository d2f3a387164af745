import type { OptionsOf } from "./declaration.ts";

/** Options of models that generate text, with most providers. */
export const GENERATION = {
  /** Text that the model reads before every input. */
  instructions: { type: "string", description: "text that the model reads before every input" },
  /** Freedom with which the model chooses its words, from 0 on. @default the model's own */
  temperature: {
    type: "number",
    minimum: 0,
    description: "how freely it chooses its words",
    otherwise: "the model's own",
  },
  /** The most tokens of an answer, those that the model thinks with included. @default the model's own */
  maxTokens: {
    type: "integer",
    minimum: 1,
    description: "the most tokens of an answer, thinking included; reserved at the limits until it is there",
    otherwise: "the model's own",
  },
} as const;

/** Options of models that generate text. */
export interface GenerationOptions extends OptionsOf<typeof GENERATION> {}
