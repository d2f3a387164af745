import { parseJson } from "./fields.ts";

/** A server-sent event. */
export interface ServerEvent {
  /** Name in its `event` line. */
  readonly name: string | undefined;
  /** Text of its data: JSON, or `[DONE]` at the end of what OpenAI's API and its like stream. */
  readonly data: string;
}

/** Tells whether a body is one of server-sent events, though it was not asked for. JSON and HTML begin otherwise. */
export function looksLikeEvents(text: unknown): text is string {
  return typeof text === "string" && /^\s*(?:event|data|id|retry)?:/.test(text);
}

/** The events of a whole body. */
export function eventsIn(text: string): ServerEvent[] {
  const reader = new EventReader();
  return [...reader.read(text), ...reader.end()];
}

/** The events of a body as they come; a body that has none, such as JSON or a page, is one. Leaving the loop ends the response. */
export async function* eventsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<ServerEvent, void, undefined> {
  const chunks = body?.getReader();
  const decoder = new TextDecoder();
  const reader = new EventReader();
  let hasEvents = false;
  let head = "";
  try {
    for (;;) {
      const { done, value } = (await chunks?.read()) ?? { done: true, value: undefined };
      const text = decoder.decode(value, { stream: !done });
      for (const event of done ? reader.end() : reader.read(text)) {
        hasEvents = true;
        yield event;
      }
      if (!hasEvents) head += text;
      if (!done) continue;
      if (!hasEvents && head.trim() !== "" && !looksLikeEvents(head)) yield { name: undefined, data: head };
      return;
    }
  } finally {
    await chunks?.cancel().catch(() => undefined);
  }
}

/** Splits text into events. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, checked 2026-11-24. */
class EventReader {
  #rest = "";
  #name: string | undefined;
  #data: string[] = [];

  *read(text: string): Generator<ServerEvent, void, undefined> {
    this.#rest += text;
    // A line may end with \r\n, of which the second half is still to come.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    for (const line of lines) yield* this.#take(line);
  }

  /** Rest of the text: the last event may lack its end. */
  *end(): Generator<ServerEvent, void, undefined> {
    yield* this.#take(this.#rest.replace(/\r$/, ""));
    yield* this.#take("");
  }

  *#take(line: string): Generator<ServerEvent, void, undefined> {
    const [, field, value = ""] = /^(event|data):? ?(.*)$/s.exec(line) ?? [];
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
    if (line !== "") return;
    const lines = this.#data;
    // Some servers leave out the empty lines between events.
    const alone = lines.length > 1 && lines.every((each) => each === "[DONE]" || parseJson(each) !== undefined);
    for (const data of alone ? lines : [lines.join("\n")]) if (lines.length > 0) yield { name: this.#name, data };
    this.#name = undefined;
    this.#data = [];
  }
}
