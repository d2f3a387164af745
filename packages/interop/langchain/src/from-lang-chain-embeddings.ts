import {
  callSdk,
  countIn,
  fieldsOf,
  type Failure,
  notAnswer,
  requireMethods,
  settingsAround,
  utf8Length,
  VectorLength,
  vectorsIn,
} from "@batchwise/adapter-kit";
import {
  bulkRunnable,
  type CallOptions,
  runnable,
  type Runnable,
  type RunnableSettings,
  type Weight,
} from "@batchwise/core";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { chainFailure } from "./errors.ts";
import { inOrder, tokensOf } from "./rows.ts";
import { withCaller } from "./with-caller.ts";

/** Options of `fromLangChainEmbeddings`: settings of a Runnable, and what the texts are. */
export interface FromLangChainEmbeddingsOptions extends RunnableSettings<string, Float32Array> {
  /**
   * "documents" go through `embedDocuments`, many in one call; "queries" through `embedQuery`, one in a call. Some
   * models give the same text another vector as a query, and one of the wrong kind finds less.
   * @default "documents"
   */
  readonly kind?: "documents" | "queries";
  /** Calls in flight at once. @default 5 */
  readonly maxConcurrency?: number;
  /** Limits of one call. @default their `batchSize`, so that a call is one request; 100 texts where they have none */
  readonly request?: Exclude<RunnableSettings["request"], undefined>;
  /**
   * Tries of failed calls. Theirs makes each call once, so that retries do not multiply. With `false`
   * theirs is left as it is, with its retries and the order of its rows.
   * @default { attempts: 6 }
   */
  readonly retry?: Exclude<RunnableSettings["retry"], undefined>;
}

/**
 * Any LangChain Embeddings as a Runnable, in bulk: a `Float32Array` for each text. Rows of a response that carry an
 * index are placed by it, and one text that the provider refuses fails alone.
 *
 * @throws ArgumentError where `theirs` is not an Embeddings
 *
 * @example
 * const vectors = await fromLangChainEmbeddings(new OpenAIEmbeddings()).batch(texts, { returnExceptions: true });
 */
export function fromLangChainEmbeddings(
  theirs: EmbeddingsInterface<ArrayLike<number>>,
  options: FromLangChainEmbeddingsOptions = {},
): Runnable<string, Float32Array> {
  requireMethods(theirs, ["embedDocuments", "embedQuery"], "a LangChain Embeddings");
  const { kind = "documents", ...own } = options;
  // Its own function: what answers say of the weights holds for one model alone. Tokens are never more than bytes.
  const usual = { weigh: (text: string): Weight => ({ tokens: utf8Length(text), outputTokens: 0 }) };
  const settings = settingsAround(theirs, { ...usual, ...own });
  const seen: See = (see) => (settings.retry === false ? theirs : withCaller(theirs, see));
  const length = new VectorLength();
  if (kind === "queries") return runnable((text, call) => embedQuery(seen, text, length, call), settings);
  const maxInputs = countIn((theirs as { batchSize?: unknown }).batchSize) || undefined;
  return bulkRunnable((texts, call) => embedDocuments(seen, texts, maxInputs, length, call), {
    ...settings,
    request: { maxInputs, size: "learned", ...settings.request },
  });
}

/** Theirs, with a look at what its SDK answers. */
type See = (see: (answer: unknown) => unknown) => EmbeddingsInterface<ArrayLike<number>>;

function embedDocuments(
  seen: See,
  texts: readonly string[],
  batchSize: number | undefined,
  length: VectorLength,
  options: CallOptions,
): Promise<readonly (Float32Array | Error)[]> {
  // More than that they send in several requests, and an index is one within a request.
  const count = batchSize !== undefined && texts.length <= batchSize ? texts.length : undefined;
  return send(options, async (onAnswer) => {
    const theirs = seen((answer) => onAnswer(inOrder(answer, count)));
    return vectorsIn(await theirs.embedDocuments([...texts]), texts.length, length);
  });
}

async function embedQuery(
  seen: See,
  text: string,
  length: VectorLength,
  options: CallOptions | undefined,
): Promise<Float32Array> {
  const [vector] = await send(options, async (onAnswer) =>
    vectorsIn([await seen(onAnswer).embedQuery(text)], 1, length),
  );
  if (vector instanceof Error) throw vector;
  return vector!;
}

/** Makes one call of theirs. It has no signal: on abort it is not waited for. */
async function send<Result>(
  options: CallOptions = {},
  work: (onAnswer: (answer: unknown) => unknown) => Promise<Result>,
): Promise<Result> {
  let inputTokens = 0;
  let isAnswered = false;
  const onAnswer = (answer: unknown): unknown => {
    // A page is none: there may be an outage.
    isAnswered ||= fieldsOf(answer) !== undefined;
    inputTokens += tokensOf(answer) ?? 0;
    return answer;
  };
  // Their code trips over what an answer does not hold.
  const read = (thrown: unknown): Failure => {
    const failure = chainFailure(thrown);
    return isAnswered && failure.error instanceof TypeError ? { error: notAnswer("a vector for each input") } : failure;
  };
  try {
    return await callSdk(options, read, () => work(onAnswer));
  } finally {
    if (inputTokens > 0) options.report?.({ usage: { inputTokens } });
  }
}
