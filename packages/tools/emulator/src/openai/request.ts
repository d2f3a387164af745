import { isObject, type JsonObject } from "../content/json.ts";
import type { Call } from "../server/route.ts";
import { invalid } from "./errors.ts";

/** Body as an object. @throws Refusal when it is not one */
export function readBody(call: Call): JsonObject {
  if (!isObject(call.body)) throw invalid("Invalid request: expected the body to be a JSON object.");
  return call.body;
}

/** Pool of a request: OpenAI's limits are a model's. */
export function modelPool(call: Call): string | undefined {
  const model = isObject(call.body) ? call.body["model"] : undefined;
  return typeof model === "string" && model !== "" ? model : undefined;
}

/** Whole number within bounds; undefined when the request leaves it out. @throws Refusal */
export function readInteger(body: JsonObject, param: string, least: number, most: number): number | undefined {
  const value = body[param];
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value))
    throw invalid(`Invalid type for '${param}': expected an integer.`, param, "invalid_type");
  const number = value as number;
  if (number < least)
    throw invalid(
      `Invalid '${param}': integer below minimum value. Expected a value >= ${least}, but got ${number} instead.`,
      param,
      "integer_below_min_value",
    );
  if (number > most)
    throw invalid(
      `Invalid '${param}': integer above maximum value. Expected a value <= ${most}, but got ${number} instead.`,
      param,
      "integer_above_max_value",
    );
  return number;
}

/** True where the answer is a stream of events. */
export function streams({ settings }: Call, { stream }: JsonObject): boolean {
  return settings.quirks.streams === true ? stream !== false : stream === true;
}

/** `usage` as the quirks say. */
export function withUsage(call: Call, usage: object): { usage?: object | null } {
  const quirk = call.settings.quirks.usage;
  if (quirk === "missing") return {};
  if (quirk === "zero") return { usage: zeroed(usage) };
  return { usage: quirk === "null" ? null : usage };
}

function zeroed(counts: object): object {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, isObject(count) ? zeroed(count) : 0]));
}
