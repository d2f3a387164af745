import type { Readable, Writable } from "node:stream";
import { cancel, type CANCEL_SYMBOL, intro, isCancel, select, text } from "@clack/prompts";
import { defaultsOf } from "./defaults.ts";
import { namesOf } from "./names.ts";
import { type Kind, problems, type ScaffoldOptions, type Strategy } from "./options.ts";

/** Terminal at which questions are asked and answered. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** The user has called it off. */
export class Canceled extends Error {}

/**
 * Asks for what is not known yet. But for the name, each question has an answer that Enter takes.
 *
 * @throws Canceled on Ctrl-C or Escape
 */
export async function ask(known: Partial<ScaffoldOptions>, terminal: Terminal): Promise<ScaffoldOptions> {
  const asker = new Asker(terminal);
  intro("A Batchwise adapter", terminal);
  const name = known.name ?? (await asker.line("What is the package called on npm?", problems.name));
  const strategy = known.strategy ?? (known.kind === undefined ? await asker.strategy() : "concurrent");
  const kind = known.kind ?? (strategy === "bulk" ? undefined : await asker.kind());
  const usual = defaultsOf(namesOf(name));
  const baseURL = known.baseURL ?? (await asker.line("Where is the API?", problems.baseURL, usual.baseURL));
  const keyVariable =
    known.keyVariable ??
    (await asker.line("Which environment variable holds the key?", problems.keyVariable, usual.keyVariable));
  const asksForInputs = known.maxInputs === undefined && strategy !== "concurrent";
  const maxInputs = asksForInputs
    ? await asker.count("How many inputs does one request take?", usual.maxInputs)
    : known.maxInputs;
  const maxConcurrency =
    known.maxConcurrency ?? (await asker.count("How many requests may be in flight at once?", usual.maxConcurrency));
  const requestsPerMinute = known.requestsPerMinute ?? (await asker.count("How many requests a minute?"));
  const tokensPerMinute = known.tokensPerMinute ?? (await asker.count("How many tokens a minute?"));
  const author = known.author ?? (await asker.line("Who is the author?", problems.author, usual.author));
  return {
    ...known,
    name,
    strategy,
    baseURL,
    keyVariable,
    author,
    ...(kind === undefined ? {} : { kind }),
    ...(maxInputs === undefined ? {} : { maxInputs }),
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
  };
}

/** Asks one question at a time. */
class Asker {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** A text that has no problem. */
  async line(message: string, problem: (text: string) => string | undefined, usual = ""): Promise<string> {
    const validate = (value = ""): string | undefined => problem(value.trim() || usual);
    return (await this.#ask(message, validate, usual, usual)).trim();
  }

  /** A whole number from 1; undefined where there is no usual one and none is given. */
  async count(message: string, usual?: number): Promise<number | undefined> {
    const answer = await this.#ask(message, countOrNone, String(usual ?? ""), String(usual ?? "what responses report"));
    return answer.trim() === "" ? undefined : Number(answer);
  }

  strategy(): Promise<Strategy> {
    const question = select<Strategy>({
      ...this.#terminal,
      message: "How does the API take its inputs?",
      options: [
        { value: "bulk", label: "bulk", hint: "many in one request, as embeddings do" },
        { value: "concurrent", label: "concurrent", hint: "one request each, as chat does" },
        { value: "both", label: "both", hint: "a Runnable of each kind" },
      ],
    });
    return this.#answerTo(question);
  }

  kind(): Promise<Kind> {
    const question = select<Kind>({
      ...this.#terminal,
      message: "What does one request do?",
      options: [
        { value: "chat", label: "chat", hint: "generates a text" },
        { value: "rerank", label: "rerank", hint: "orders the documents of a query" },
      ],
    });
    return this.#answerTo(question);
  }

  #ask(
    message: string,
    validate: (value?: string) => string | undefined,
    defaultValue: string,
    placeholder: string,
  ): Promise<string> {
    return this.#answerTo(text({ ...this.#terminal, message, validate, defaultValue, placeholder }));
  }

  async #answerTo<T>(question: Promise<T | typeof CANCEL_SYMBOL>): Promise<T> {
    const answer = await question;
    if (!isCancel(answer)) return answer;
    cancel("Nothing was written.", this.#terminal);
    throw new Canceled();
  }
}

function countOrNone(value = ""): string | undefined {
  return value.trim() === "" ? undefined : problems.count(value.trim());
}
