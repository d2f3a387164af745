import type { OptionsOf } from "./declaration.ts";

/** What models that generate text are asked for, with most providers. */
export const GENERATION = {
  /** What the model is told before every input. */
  instructions: { type: "string", description: "what the model is told before every input" },
  /** How freely the model chooses its words, from 0 on. @default the model's own */
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

/** What models that generate text are asked for. */
export interface GenerationOptions extends OptionsOf<typeof GENERATION> {}
