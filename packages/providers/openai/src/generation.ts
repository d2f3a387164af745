import type { JobBackend, RunnableSettings } from "@batchwise/core";
import { connect, type Connection, CONNECTION_OPTIONS, type ConnectionOptions } from "./client.ts";
import type { JobKind } from "./jobs/job-kind.ts";
import { SINGLE_CONCURRENCY } from "./limits.ts";
import { check, checkNames, isObject, isText, isWhole, PACE_OPTIONS, type PaceOptions, settingsOf } from "./options.ts";
import { promptTokens } from "./prompt.ts";
import { STRUCTURED_OPTIONS, type StructuredOptions } from "./structured.ts";

/** What OpenAIChat and OpenAIResponses have in common. */
export interface GenerationOptions<Output> extends ConnectionOptions, PaceOptions, StructuredOptions<Output> {
  /** The model's name. There is no default: it decides what an answer costs and what it is worth. */
  readonly model: string;
  /** What the model is told before every input. */
  readonly instructions?: string;
  /** From 0 to 2. @default the model's own */
  readonly temperature?: number;
  /** The most tokens of an answer, those that the model thinks with included. @default the model's own */
  readonly maxTokens?: number;
}

/** A Runnable that generates, set up. */
export interface Generation<Input, Output> {
  readonly connection: Connection;
  readonly settings: RunnableSettings<Input, Output>;
}

/**
 * @param format what goes along with every request, and counts as its prompt
 * @param outputTokens how many tokens an input itself allows its answer
 * @param jobKind how the same goes through offline jobs
 * @throws ArgumentError for an option that cannot be worked with, or without a key
 */
export function generation<Input, Output>(
  name: string,
  options: GenerationOptions<Output> & { readonly body?: object },
  format: object | undefined,
  outputTokens: (input: Input) => unknown,
  jobKind: () => JobKind<Input, Output>,
): Generation<Input, Output> {
  const { model, instructions, temperature, maxTokens = 0, body } = options;
  checkNames(name, options, [...OWN_OPTIONS, ...STRUCTURED_OPTIONS, ...CONNECTION_OPTIONS, ...PACE_OPTIONS]);
  check("model", model ?? "", isText, "a model's name");
  check("instructions", instructions, isText, "a text");
  check("temperature", temperature, isTemperature, "a number from 0 to 2");
  check("maxTokens", options.maxTokens, isWhole, "a whole number from 1");
  check("body", body, isObject, "an object");
  const connection = connect(options);
  const always = promptTokens([instructions, format]);
  const settings = settingsOf<Input, Output>(options, connection, {
    model,
    maxConcurrency: SINGLE_CONCURRENCY,
    weigh: (input) => {
      const own = outputTokens(input);
      return { tokens: always + promptTokens(input) + (isWhole(own) ? (own as number) : maxTokens) };
    },
    jobs: async (): Promise<JobBackend<Input, Output>> =>
      (await import("./jobs/batch-jobs.ts")).batchJobs(connection, jobKind(), options.clock),
  });
  return { connection, settings };
}

const OWN_OPTIONS = ["model", "instructions", "temperature", "maxTokens", "body"];

function isTemperature(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= 2;
}
