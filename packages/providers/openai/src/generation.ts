import {
  type Blame,
  countIn,
  cutShort,
  defined,
  type DefinedOptions,
  defineOptions,
  fieldsOf,
  formatOf,
  GENERATION,
  type GenerationOptions as SharedOptions,
  type JobKind,
  type Option,
  type OptionGroup,
  type OptionsOf,
  promptTokens,
  readStructured,
  STRUCTURED,
  type StructuredOptions,
} from "@batchwise/adapter-kit";
import type { CallOptions, JobBackend, RunnableSettings, StandardSchema } from "@batchwise/core";
import { connect, type Connection, type ConnectionOptions } from "./client.ts";
import type { EitherForm } from "./either-form.ts";
import { IMAGE_TOKENS, SINGLE_CONCURRENCY } from "./limits.ts";
import { type PaceOptions, settingsOf, SINGLE } from "./options.ts";
import { type Call, DONE, eventIn, post, postForEvents } from "./send.ts";
import { usageOf } from "./usage.ts";

const OWN = {
  /** The model's name. There is no default: it decides what an answer costs and what it is worth. */
  model: { type: "string", required: true, description: "the model's name", examples: ["gpt-6-luna"] },
  /** Further parameters of every request, as the API spells them. They win over the options above. */
  body: { type: "object", description: "further parameters, as the API spells them" } as Option<object>,
  /** Name of the output for the model: letters, digits, `_` and `-`, at most 64. @default "output" */
  schemaName: {
    type: "string",
    json: false,
    description: "name of the output for the model",
    default: "output",
    holds: (value: unknown): boolean => /^[\w-]{1,64}$/.test(value as string),
    expected: "at most 64 letters, digits, _ and -",
  } as Option<string>,
} as const;

/** Options that OpenAIChat and OpenAIResponses have in common. */
export interface GenerationOptions<Output>
  extends OptionsOf<typeof OWN>, SharedOptions, StructuredOptions<Output>, ConnectionOptions, PaceOptions {
  readonly model: string;
}

/** Options of a Runnable that generates, declared. */
export function generationOptions(of: string, own: OptionGroup = {}): DefinedOptions {
  const temperature = { ...GENERATION.temperature, maximum: 2 };
  return defineOptions(of, OWN, { ...GENERATION, temperature }, own, STRUCTURED, SINGLE);
}

/** Requests and answers of one of the APIs that generate. */
export interface Endpoint<Input, Answer extends object, Result extends { readonly text: string }> {
  readonly path: string;
  /** Field that every good answer has. */
  readonly field: keyof Answer & string;
  /** Everything but the input that decides what comes out. */
  readonly common: object;
  /** An input's own part of the request. @throws InputError for what is not a prompt */
  own(input: Input): object;
  /** The whole request. @param other with parameters in the form that some servers know alone */
  body(own: object, other?: boolean): object;
  /** The parameter that some servers know in another form. */
  readonly form?: EitherForm | undefined;
  /** @throws ResultError, or ProviderError where the provider failed in the middle of the answer */
  result(answer: Answer): Result;
  /** The answer in events that were not asked for. @throws ProviderError where they broke off */
  answer(events: readonly (object | typeof DONE)[]): unknown;
  /** Texts that an answer's text is made of. @default itself alone */
  readonly texts?: (result: Result) => readonly string[];
  /** Tells whether an answer ended at its longest. */
  isCut(result: Result): boolean;
}

/** Generates answers, one request each. */
export class Generation<Input, Output, Answer extends object, Result extends { readonly text: string }> {
  readonly settings: RunnableSettings<Input, Output>;
  readonly #connection: Connection;
  readonly #endpoint: Endpoint<Input, Answer, Result>;
  readonly #schema: StandardSchema<unknown, Output> | undefined;

  /**
   * @param format what goes along with every request, and counts as its prompt
   * @throws ArgumentError for an option that cannot be worked with, or without a key
   */
  constructor(
    options: GenerationOptions<Output>,
    format: object | undefined,
    endpoint: Endpoint<Input, Answer, Result>,
  ) {
    const { model, instructions, maxTokens, schema, clock } = options;
    this.#connection = connect(options);
    this.#endpoint = endpoint;
    this.#schema = schema;
    const always = promptTokens([instructions, format], IMAGE_TOKENS);
    this.settings = settingsOf<Input, Output>(options, this.#connection, {
      model,
      maxConcurrency: SINGLE_CONCURRENCY,
      weigh: (input) => ({
        tokens: always + promptTokens(input, IMAGE_TOKENS),
        outputTokens: answerTokens(input) ?? maxTokens,
      }),
      jobs: async (): Promise<JobBackend<Input, Output>> => {
        const { batchJobs } = await import("./jobs/batch-jobs.ts");
        return batchJobs(this.#connection, endpoint, this.#jobKind(), clock);
      },
    });
  }

  async invoke(input: Input, options: CallOptions): Promise<Output> {
    const { field, form } = this.#endpoint;
    const attempt = (other?: boolean, onRefusal?: Call["onRefusal"]): Promise<Answer> => {
      const call = this.#call(input, { stream: false }, other);
      return post<Answer>(this.#connection, { ...call, ...defined({ onRefusal }) }, field, options, {
        events: (events) => this.#endpoint.answer(events.map((event) => eventIn(event, call.blame))),
      });
    };
    const answer = await (form === undefined ? attempt() : form.send(attempt));
    options.report?.({ usage: usageOf(fieldsOf(answer)?.["usage"]) });
    return this.#read(answer);
  }

  /** The events of one answer as they come. */
  events<Event extends object>(input: Input, extra: object, options: CallOptions): AsyncIterable<Event | typeof DONE> {
    return postForEvents<Event>(this.#connection, this.#call(input, { stream: true, ...extra }), options);
  }

  async #read(answer: Answer): Promise<Output> {
    const result = this.#endpoint.result(answer);
    if (this.#schema === undefined) return result as unknown as Output;
    if (this.#endpoint.isCut(result)) throw cutShort();
    return readStructured(this.#schema, result.text, this.#endpoint.texts?.(result));
  }

  #call(input: Input, extra: object = {}, other?: boolean): Call {
    const { path, common } = this.#endpoint;
    const own = this.#endpoint.own(input);
    return { path, body: { ...this.#endpoint.body(own, other), ...extra }, blame: blameOf(own, common) };
  }

  #jobKind(): JobKind<Input, Output> {
    return {
      common: this.#endpoint.common,
      body: ([input]) => this.#call(input as Input).body,
      blame: ([input]) => blameOf(this.#endpoint.own(input as Input), this.#endpoint.common),
      read: async (answer) => [await this.#read(answer as Answer)],
      usage: (answer) => usageOf(fieldsOf(answer)?.["usage"]),
    };
  }
}

/** The schema as one of the SDK's helpers puts it: strict, every property required and no other one taken. */
export function strictFormat<Format extends object>(
  options: StructuredOptions<unknown> & { readonly schemaName?: string | undefined },
  helper: (schema: StandardSchema, name: string, props: { schema?: Record<string, unknown> }) => Format,
): Format | undefined {
  const { schemaName = OWN.schemaName.default as string } = options;
  // What is not enumerable is for the SDK's own parsing.
  return formatOf(options, (schema, own) => ({
    ...helper(schema, schemaName, own === undefined ? {} : { schema: own }),
  }));
}

/** An input's own part, and whatever was never sent. How long an answer may be depends on how long its input is. */
function blameOf(request: object, common: object): Blame {
  const isCommon = (name: string): boolean => name in common && !(name in request) && !/^max_\w*tokens$/.test(name);
  return { owns: (param) => !isCommon(/^(?:\$\.)?(\w*)/.exec(param)![1]!) };
}

/** Tokens that an input itself allows its answer, in the words of either API. */
function answerTokens(input: unknown): number | undefined {
  const { max_completion_tokens: chat, max_output_tokens: responses, max_tokens: old } = fieldsOf(input) ?? {};
  return countIn(chat ?? responses ?? old);
}
