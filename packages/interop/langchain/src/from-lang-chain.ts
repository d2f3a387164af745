import {
  callSdk,
  defined,
  type Failure,
  fieldsOf,
  filtered,
  gaveUp,
  notAnswer,
  requireMethods,
  settingsAround,
} from "@batchwise/adapter-kit";
import { type CallOptions, runnable, type Runnable, type RunnableSettings } from "@batchwise/core";
import { mergeConfigs, type RunnableConfig, type RunnableInterface } from "@langchain/core/runnables";
import { ANY_PROVIDER, chainFailure } from "./errors.ts";
import { ModelWatch } from "./model-watch.ts";
import { takesJson } from "./takes-json.ts";
import { withCaller } from "./with-caller.ts";

/** Options of `fromLangChain`: settings of a Runnable, and what every call of theirs gets. */
export interface FromLangChainOptions<
  Input,
  Output,
  Config extends RunnableConfig = RunnableConfig,
> extends RunnableSettings<Input, Output> {
  /**
   * The config of every call: callbacks, tags, metadata, configurable, and what else theirs takes. Its `timeout` is in
   * milliseconds and becomes a TimeoutError; its `signal` is heeded beside the batch's.
   */
  readonly config?: Partial<Config>;
  /** Calls in flight at once. @default 5 */
  readonly maxConcurrency?: number;
  /**
   * Tries of failed calls. Theirs is asked not to retry, so that retries do not multiply. With `false`
   * theirs does as it is set up.
   * @default { attempts: 6 }
   */
  readonly retry?: Exclude<RunnableSettings["retry"], undefined>;
}

/**
 * Any LangChain Runnable (a chat model, a chain, a retriever, a tool) as one of Batchwise's: one `invoke` of theirs for
 * each input, with the engine's concurrency, retries, order and isolation. What language models inside of it have used
 * is reported as usage.
 *
 * @throws ArgumentError where `theirs` is not a LangChain Runnable
 *
 * @example
 * const answers = await fromLangChain(prompt.pipe(model)).batch(questions, { returnExceptions: true });
 */
export function fromLangChain<Input, Output, Config extends RunnableConfig = RunnableConfig>(
  theirs: RunnableInterface<Input, Output, Config>,
  options: FromLangChainOptions<Input, Output, Config> = {},
): Runnable<Input, Output> {
  requireMethods(theirs, ["invoke", "stream"], "a LangChain Runnable");
  const { config, ...settings } = options;
  const quiet = settings.retry !== false;
  // A model of its own stops retrying without its caller; those inside of a chain heed the config.
  const target = quiet ? withCaller(theirs, (answer) => answer) : theirs;
  const common: Partial<Config>[] = [
    ...(config === undefined ? [] : [config]),
    ...(quiet ? [{ maxRetries: 0 } as unknown as Partial<Config>] : []),
  ];
  const readsJson = takesJson(theirs);
  return runnable(
    async (input, call) => {
      const watch = new ModelWatch(readsJson);
      const output = await invoke(target, input, common, watch, call).catch((error: unknown) => {
        throw givenUp(watch) ?? error;
      });
      // Beside the message itself, `includeRaw` has null for what can't be read of it.
      const isUncalled = watch.isUncalled && fieldsOf(output)?.["raw"] === undefined;
      const failure = givenUp(watch) ?? (isUncalled ? notAnswer("the schema's JSON") : undefined);
      if (failure !== undefined) throw failure;
      return output;
    },
    settingsAround(theirs, settings),
  );
}

/** Half an answer is none, whatever the chain has made of it. */
function givenUp({ givenUp: reason, isHeldBack }: ModelWatch): Error | undefined {
  if (reason !== undefined) return gaveUp(reason, ANY_PROVIDER);
  return isHeldBack ? filtered() : undefined;
}

function invoke<Input, Output, Config extends RunnableConfig>(
  theirs: RunnableInterface<Input, Output, Config>,
  input: Input,
  common: readonly Partial<Config>[],
  watch: ModelWatch,
  options: CallOptions = {},
): Promise<Output> {
  const own = { callbacks: [watch], ...defined({ signal: options.signal }) };
  const read = (thrown: unknown): Failure => {
    const failure = chainFailure(thrown);
    return { ...failure, usage: watch.usage ?? failure.usage };
  };
  // They wrap the reason of an abort, or replace it.
  return callSdk(options, read, async () => {
    const output = await theirs.invoke(input, mergeConfigs<Config>(...(common as Config[]), own));
    if (watch.usage !== undefined) options.report?.({ usage: watch.usage });
    return output;
  });
}
