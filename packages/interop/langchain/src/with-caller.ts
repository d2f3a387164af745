import {
  eventsInstead,
  faultIn,
  type Fields,
  fieldsOf,
  isRefusal,
  looksLikeEvents,
  notAnswer,
  refused,
  within,
} from "@batchwise/adapter-kit";
import { AsyncCaller, type AsyncCallerCallOptions } from "@langchain/core/utils/async_caller";
import { ANY_PROVIDER } from "./errors.ts";

/** Looks at what the provider's SDK answers, before their code does, and hands on what that gets. */
type OnAnswer = (answer: unknown) => unknown;

/**
 * The same object of theirs, seen with a caller that makes each call once: a model or embeddings object retries in
 * its `caller`, six times unless it was told otherwise, with waits that nothing else knows of (P25). The object itself
 * is left as it is for its other users; what it writes to itself it does write. Of a chain the models are seen so.
 */
export function withCaller<Theirs>(theirs: Theirs, onAnswer: OnAnswer): Theirs {
  const fields = fieldsOf(theirs);
  if (fields === undefined || (!hasCaller(fields) && !isChain(fields))) return theirs;
  const caller = new OneCall(onAnswer);
  return new Proxy(theirs as Theirs & object, {
    get(target, key, receiver): unknown {
      if (key === "caller" && hasCaller(target)) return caller;
      const value: unknown = Reflect.get(target, key, receiver);
      if (key === "client" && fieldsOf(fieldsOf(value)?.["chat"]) !== undefined) return withText(value as object);
      // A model may have one inside for each of a provider's endpoints, such as LangChain's of OpenAI.
      if (key === "middle" && Array.isArray(value)) return value.map((each: unknown) => withCaller(each, onAnswer));
      // With `includeRaw` it is the one step of a map.
      return key === "steps" && isMap(value)
        ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withCaller(each, onAnswer)]))
        : withCaller(value, onAnswer);
    },
  });
}

function hasCaller(value: object): boolean {
  return fieldsOf(value)?.["caller"] instanceof Object;
}

/** A sequence of theirs, a map of steps, or one with options bound to it. */
function isChain({ first, last, bound, steps }: Fields): boolean {
  const isSequence = fieldsOf(first) !== undefined && fieldsOf(last) !== undefined;
  return isSequence || isMap(steps) || fieldsOf(bound) !== undefined;
}

function isMap(steps: unknown): steps is Fields {
  return fieldsOf(steps) !== undefined && !Array.isArray(steps);
}

/**
 * OpenAI's client, or a part of it, whose `parse` gives an answer without `parsed` where its text is not JSON as it stands, such
 * as one in a fence: it is paid for, and LangChain reads the text by itself.
 */
function withText(client: object): object {
  return new Proxy(client, {
    get(target, key): unknown {
      const own: unknown = Reflect.get(target, key);
      if (typeof own !== "function") return fieldsOf(own) === undefined ? own : withText(own as object);
      return key === "parse" ? (...args: unknown[]) => textAtLeast(own.apply(target, args)) : own.bind(target);
    },
  });
}

/** A call of OpenAI's SDK, which reads its response's body as late as it can. */
interface SdkCall extends PromiseLike<unknown> {
  asResponse?(): Promise<Response>;
}

async function textAtLeast(call: SdkCall): Promise<unknown> {
  const copy = (await call.asResponse?.())?.clone();
  try {
    return await call;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError) || copy === undefined) throw thrown;
    return copy.json();
  }
}

// oxlint-disable typescript/no-unnecessary-type-parameters -- the signatures are theirs
/** No queue, no retry, and a thrown value stays what it is (P8). */
class OneCall extends AsyncCaller {
  readonly #onAnswer: OnAnswer;

  constructor(onAnswer: OnAnswer) {
    super({ maxRetries: 0 });
    this.#onAnswer = onAnswer;
  }

  override async call<Args extends any[], Call extends (...args: Args) => Promise<any>>(
    callable: Call,
    ...args: Parameters<Call>
  ): Promise<Awaited<ReturnType<Call>>> {
    let answer: unknown;
    try {
      answer = await callable(...(args as unknown as Args));
    } catch (thrown) {
      // An SDK trips over what an answer does not hold; without an answer there is a cause.
      throw thrown instanceof TypeError && thrown.cause === undefined ? notAnswer("results") : thrown;
    }
    // An SDK hands out as an answer what is none, and their code makes an empty text of it.
    const fault = looksLikeEvents(answer)
      ? eventsInstead(ANY_PROVIDER, { status: 200 })
      : (faultIn(answer, ANY_PROVIDER) ?? (isRefusal(answer) ? refused() : undefined));
    if (fault !== undefined) throw fault;
    return this.#onAnswer(answer) as Awaited<ReturnType<Call>>;
  }

  override callWithOptions<Args extends any[], Call extends (...args: Args) => Promise<any>>(
    { signal }: AsyncCallerCallOptions,
    callable: Call,
    ...args: Parameters<Call>
  ): Promise<Awaited<ReturnType<Call>>> {
    return within({ signal }, () => this.call<Args, Call>(callable, ...args));
  }
}
