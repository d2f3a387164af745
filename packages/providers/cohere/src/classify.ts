import { ArgumentError, type CallOptions, Runnable, type RunnableSettings } from "@batchwise/core";
import { CohereClient } from "cohere-ai";
import { utf8Length } from "./bytes.ts";
import { type Classification, classificationsIn } from "./classifications.ts";
import { connect } from "./client.ts";
import { CLASSIFY_EXAMPLES, CLASSIFY_TEXTS } from "./limits.ts";
import { check, checkNames, type CohereOptions, defined, kindOf } from "./options.ts";
import { send } from "./send.ts";
import { commonSettings } from "./settings.ts";
import { forTexts, requireText } from "./texts.ts";

/** A text whose label is known. */
export interface ClassifyExample {
  readonly text: string;
  readonly label: string;
}

/** What is used of the SDK's client; `v2` tells it from a CohereClientV2. */
type ClassifyClient = Pick<CohereClient, "classify" | "v2">;

/** Options of CohereClassify. */
export interface CohereClassifyOptions extends Omit<CohereOptions, "model" | "client"> {
  /** A model that was trained on labels, or one that learns from `examples`. @default Cohere's own choice */
  readonly model?: string;
  /** What each label looks like: at least two labels, two examples each, 2,500 in all. Not needed by a trained model. */
  readonly examples?: readonly ClassifyExample[];
  /** What happens to a text that is too long; "NONE" makes it an error of its item. @default "END" */
  readonly truncate?: "NONE" | "START" | "END";
  /** A CohereClient of the SDK's that exists already. The classify of a CohereClientV2 does not work (8.1). */
  readonly client?: ClassifyClient;
}

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
export class CohereClassify extends Runnable<string, Classification> {
  override readonly settings: RunnableSettings<string, Classification>;
  readonly #client: ClassifyClient;
  readonly #request: Omit<Parameters<CohereClient["classify"]>[0], "inputs">;

  /** @throws ArgumentError for an option that cannot be worked with, or with neither `model` nor `examples`. */
  constructor(options: CohereClassifyOptions) {
    super();
    const { model, examples, truncate = "END", ...rest } = options;
    checkNames("CohereClassify", options, ["examples", "truncate"]);
    check("model", model, (value) => typeof value === "string" && value !== "", "a model's name");
    check("truncate", truncate, (value) => TRUNCATE.has(value), '"NONE", "START" or "END"');
    if (examples !== undefined) checkExamples(examples);
    else if (model === undefined) {
      throw new ArgumentError("Expected `examples`, or a `model` that was trained on labels, came neither. Give one.");
    }
    const { client, owner } = connect<ClassifyClient>(rest, CohereClient);
    check("client", "v2" in client, (isClassic) => isClassic === true, "a CohereClient, whose classify works");
    this.#client = client;
    this.#request = defined({
      model,
      examples: examples?.map(({ text, label }) => ({ text, label })),
      truncate,
    });
    this.settings = {
      ...commonSettings("classify", "classify", owner, { ...rest, model: model ?? "" }),
      request: { maxInputs: CLASSIFY_TEXTS },
      weigh: (text) => {
        requireText(text);
        return { tokens: utf8Length(text) };
      },
    };
  }

  /**
   * @throws InputError for a text that is empty or no string, or that Cohere refuses with `truncate: "NONE"`
   * @throws ProviderError, TimeoutError or ResultError when no usable answer comes
   */
  override async invoke(input: string, options: CallOptions = {}): Promise<Classification> {
    const [classification] = await this.invokeMany([input], options);
    if (classification instanceof Error) throw classification;
    return classification!;
  }

  /** One request for up to 96 texts. Labels are placed by position: the texts that Cohere sends back may be altered. */
  override invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Classification | Error)[]> {
    return forTexts(inputs, async (texts) => {
      const response = await send(
        (sdkOptions) => this.#client.classify({ ...this.#request, inputs: texts }, sdkOptions),
        options,
        // Cohere counts classifications here, and no tokens.
        () => undefined,
      );
      return classificationsIn(response.classifications, texts.length);
    });
  }
}

const TRUNCATE: ReadonlySet<unknown> = new Set(["NONE", "START", "END"]);

function isGiven(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/** @throws ArgumentError that names what is missing, never an example. */
function checkExamples(examples: unknown): void {
  check(
    "examples",
    examples,
    (value) => Array.isArray(value) && value.length <= CLASSIFY_EXAMPLES,
    `a list of at most ${CLASSIFY_EXAMPLES.toLocaleString("en")} examples`,
  );
  const counts = new Map<string, number>();
  for (const [position, example] of (examples as readonly (Partial<ClassifyExample> | null)[]).entries()) {
    const { text, label } = example ?? {};
    if (!isGiven(text) || !isGiven(label)) {
      const what = isGiven(text) ? `\`label\` is ${kindOf(label)}` : `\`text\` is ${kindOf(text)}`;
      throw new ArgumentError(`Expected \`examples[${position}]\` to have a \`text\` and a \`label\`; ${what}.`);
    }
    counts.set(label!, (counts.get(label!) ?? 0) + 1);
  }
  const few = [...counts.values()].filter((count) => count < 2).length;
  if (counts.size >= 2 && few === 0) return;
  throw new ArgumentError(
    `Expected \`examples\` of at least two labels, two each, came ${counts.size} labels, ${few} of them with one example.`,
  );
}
