import {
  BulkRunnable,
  checkOption,
  defined,
  type DefinedOptions,
  defineOptions,
  fieldsOf,
  notAnswer,
  type Option,
  type OptionsOf,
  placeInOrder,
  sendRest,
  textsIn,
  weighText,
} from "@batchwise/adapter-kit";
import { ArgumentError, type CallOptions, type RunnableSettings } from "@batchwise/core";
import { CohereClient } from "cohere-ai";
import { connect } from "./client.ts";
import { CLASSIFY_EXAMPLES, CLASSIFY_TEXTS } from "./limits.ts";
import { type CohereOptions, settingsOf, sharedOptions, TRUNCATE } from "./options.ts";
import { send } from "./send.ts";

/** A text whose label is known. */
export interface ClassifyExample {
  readonly text: string;
  readonly label: string;
}

/** Labels of a text. */
export interface Classification {
  /** The most likely label; undefined where a model that gives several labels gave none. */
  readonly label: string | undefined;
  /** All labels that the model gave: one, unless it was trained to give several. */
  readonly labels: readonly string[];
  /** Probability that the model gives each label it knows, from 0 to 1. */
  readonly confidences: Readonly<Record<string, number>>;
}

/** Part of the SDK's client that is used; `v2` tells it from a CohereClientV2. */
type ClassifyClient = Pick<CohereClient, "classify" | "v2">;

const OWN = {
  /** Examples of each label: at least two labels, two examples each, 2,500 in all. Not needed by a trained model. */
  examples: {
    type: "array",
    maxItems: CLASSIFY_EXAMPLES,
    description: "what each label looks like: at least two labels, two examples each; not needed by a trained model",
    items: {
      type: "object",
      required: ["text", "label"],
      properties: { text: { type: "string" }, label: { type: "string" } },
    },
  } as Option<readonly ClassifyExample[]>,
} as const;

/** Options of CohereClassify. */
export interface CohereClassifyOptions
  extends OptionsOf<typeof OWN>, OptionsOf<typeof TRUNCATE>, Omit<CohereOptions, "model" | "client"> {
  /** A model that was trained on labels, or one that learns from `examples`. @default Cohere's own choice */
  readonly model?: string;
  /** A CohereClient of the SDK's that exists already. The classify of a CohereClientV2 does not work (8.1). */
  readonly client?: ClassifyClient;
}

const MODEL = {
  model: {
    type: "string",
    description: "a model that was trained on labels, or one that learns from `examples`",
    otherwise: "Cohere's own choice",
  },
} as const;
const SHARED = /* @__PURE__ */ sharedOptions("classify");

/** Options of CohereClassify, declared. */
export const CLASSIFY: DefinedOptions = /* @__PURE__ */ defineOptions("CohereClassify", MODEL, SHARED, OWN, TRUNCATE);

/**
 * Labels texts with Cohere's classify, 96 texts in a request.
 *
 * Cohere calls this endpoint legacy and has retired the models behind it for new customers (September 2025): it is for
 * accounts and deployments that still have one. Elsewhere let CohereChat choose from your labels with a `schema`.
 *
 * @example
 * const classify = new CohereClassify({ examples });
 * const labels = (await classify.batch(texts)).map(({ label }) => label);
 */
export class CohereClassify extends BulkRunnable<string, Classification> {
  override readonly settings: RunnableSettings<string, Classification>;
  readonly #client: ClassifyClient;
  readonly #request: Omit<Parameters<CohereClient["classify"]>[0], "inputs">;

  /** @throws ArgumentError for an option that cannot be worked with, or with neither `model` nor `examples`. */
  constructor(options: CohereClassifyOptions) {
    super();
    CLASSIFY.check(options);
    const { examples, truncate = "END" } = options;
    if (examples !== undefined) checkExamples(examples);
    else if (options.model === undefined) {
      throw new ArgumentError("Expected `examples`, or a `model` that was trained on labels, got neither. Give one.");
    }
    const { client, owner } = connect<ClassifyClient>(options, CohereClient);
    checkOption("client", client, {
      ...SHARED["client"]!,
      holds: (value) => "v2" in (value as object),
      expected: "a CohereClient, whose classify works",
    });
    this.#client = client;
    this.#request = {
      ...defined({ model: options.model, examples: examples?.map(({ text, label }) => ({ text, label })) }),
      truncate,
    };
    this.settings = {
      ...settingsOf("classify", "classify", owner, options),
      request: { maxInputs: CLASSIFY_TEXTS },
      weigh: (text) => weighText(text),
    };
  }

  /**
   * One request for up to 96 texts. Labels are placed by position: the texts that Cohere sends back may be altered. A slot
   * has an InputError for a text that is empty or not a string.
   *
   * @throws ProviderError, TimeoutError or ResultError when no usable answer comes
   */
  override invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Classification | Error)[]> {
    return sendRest(textsIn(inputs), options, async (texts) => {
      const { classifications } = await send(
        (sdkOptions) => this.#client.classify({ ...this.#request, inputs: texts }, sdkOptions),
        options,
        // Cohere counts classifications here, and no tokens.
        () => undefined,
      );
      return placeInOrder(classifications, texts.length).map(classificationOf);
    });
  }
}

function classificationOf(row: unknown): Classification | Error {
  if (row instanceof Error) return row;
  const { predictions, labels } = fieldsOf(row) ?? {};
  const said = Object.entries(fieldsOf(labels) ?? {}).map(([label, each]) => [label, fieldsOf(each)?.["confidence"]]);
  const areLabels = Array.isArray(predictions) && predictions.every((each) => typeof each === "string");
  if (areLabels && fieldsOf(labels) !== undefined && said.every(([, confidence]) => Number.isFinite(confidence))) {
    return { label: predictions[0], labels: predictions, confidences: Object.fromEntries(said) };
  }
  return notAnswer("labels for this input, each with a finite confidence,");
}

const TEXT = { type: "string", required: true, description: "a text" } as const;

/** @throws ArgumentError that names what is missing, never an example. */
function checkExamples(examples: readonly unknown[]): void {
  const counts = new Map<unknown, number>();
  for (const [position, example] of examples.entries()) {
    const { text, label } = fieldsOf(example) ?? {};
    checkOption(`examples[${position}].text`, text, TEXT);
    checkOption(`examples[${position}].label`, label, TEXT);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const few = [...counts.values()].filter((count) => count < 2).length;
  if (counts.size >= 2 && few === 0) return;
  throw new ArgumentError(
    `Expected \`examples\` of at least two labels, two each, got ${counts.size} labels, ${few} of them with one example.`,
  );
}
