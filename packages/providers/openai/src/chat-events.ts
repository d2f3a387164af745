import { defined, endIn, type Fields, fieldsOf, networkError, textIn, textOf } from "@batchwise/adapter-kit";
import { DIALECT } from "./errors.ts";
import type { DONE } from "./send.ts";

/** Call of a tool, and the place that its pieces name. */
interface Call {
  readonly index: unknown;
  id: string | undefined;
  readonly made: { name: string; arguments: string };
}

/** The first of an answer's choices; of several those that are counted from 0. */
export function firstChoice(choices: unknown): Fields | undefined {
  const list = Array.isArray(choices) ? choices.map(fieldsOf) : [];
  return list.find((choice) => choice !== undefined && !choice["index"]);
}

/** Part of the first choice's message that an event adds: its `delta`, or the `text` of the older completions. */
export function deltaIn(choice: Fields | undefined): Fields | undefined {
  const { delta, text } = choice ?? {};
  return fieldsOf(delta) ?? (text === undefined ? undefined : { content: text });
}

/** The answer in the events of a chat completion. @throws ProviderError for events that broke off */
export function chatIn(events: readonly (object | typeof DONE)[]): Fields {
  const chunks = events.flatMap<Fields>((event) => fieldsOf(event) ?? []);
  const choices = chunks.flatMap<Fields>((chunk) => firstChoice(chunk["choices"]) ?? []);
  const finishReason = choices.map(endIn).findLast(Boolean);
  if (finishReason === undefined && chunks.length === events.length) {
    throw networkError(undefined, DIALECT, { status: 200 });
  }
  const deltas = choices.flatMap<Fields>((choice) => deltaIn(choice) ?? []);
  // A gateway that only pretends to stream sends the whole message in one event; others send it after its pieces.
  const wholes = choices.flatMap<Fields>(({ message }) => fieldsOf(message) ?? []);
  const whole = wholes.at(-1) ?? {};
  const [text, said = text] = [wholes, deltas].map((each) => textOf(each.flatMap(({ content }) => content)));
  const thoughts = (name: string): string | undefined => textIn(textOf(deltas.map((each) => each[name])));
  const message = {
    role: "assistant",
    ...defined({
      tool_calls: callsIn(deltas),
      reasoning_content: thoughts("reasoning_content"),
      reasoning: thoughts("reasoning"),
    }),
    // An empty field says nothing against the pieces.
    ...Object.fromEntries(Object.entries(whole).filter(([, value]) => Object.keys(new Object(value)).length > 0)),
    content: (text || said) ?? whole["content"] ?? null,
    refusal: refusalIn([...deltas, ...wholes]) ?? null,
  };
  const usage = chunks.findLast((chunk) => fieldsOf(chunk["usage"]) !== undefined)?.["usage"];
  return { ...chunks[0], choices: [{ index: 0, finish_reason: finishReason ?? "stop", message }], usage };
}

/** The model's words where it says no, in `refusal` or in parts of the content. */
function refusalIn(pieces: readonly Fields[]): string | undefined {
  const parts = pieces.flatMap((piece) => [piece, piece["content"]].flat());
  return textIn(textOf(parts.map((part) => fieldsOf(part)?.["refusal"])));
}

/**
 * Tool calls, whose arguments arrive in pieces. A piece goes on with the call of its place and id: another id begins another
 * call, though its place is the same (Google's endpoint, NousResearch/hermes-agent#62940), and an empty one changes nothing.
 */
function callsIn(pieces: readonly Fields[]): object[] | undefined {
  const calls: Call[] = [];
  for (const piece of pieces.flatMap(({ tool_calls: list }) => (Array.isArray(list) ? list.map(fieldsOf) : []))) {
    const { index, id: called, function: made } = piece ?? {};
    const id = textIn(called);
    const goesOn = (call: Call): boolean =>
      (typeof index !== "number" || call.index === index) && (id === undefined || (call.id ?? id) === id);
    const known = calls.findLast(goesOn);
    const call = known ?? { index, id, made: { name: "", arguments: "" } };
    if (known === undefined) calls.push(call);
    call.id ??= id;
    const { name: given, arguments: args } = fieldsOf(made) ?? {};
    const name = textIn(given) ?? "";
    // Some servers repeat it in every piece.
    call.made.name = name.startsWith(call.made.name) ? name : call.made.name + name;
    call.made.arguments += textIn(args) ?? (fieldsOf(args) === undefined ? "" : JSON.stringify(args));
  }
  return calls.length === 0
    ? undefined
    : calls.map(({ id, made }) => defined({ id, type: "function", function: made }));
}
