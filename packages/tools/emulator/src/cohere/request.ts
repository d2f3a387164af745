import { isObject, type JsonObject } from "../content/json.ts";
import type { Call } from "../server/route.ts";
import { invalid, refuse } from "./errors.ts";

/** Body as an object. @throws Refusal when it is not one */
export function readBody(call: Call): JsonObject {
  if (!isObject(call.body)) throw invalid("expected the body to be a JSON object", call.id);
  return call.body;
}

/** Model that a request names. @throws Refusal when it names none or an unknown one */
export function readModel(call: Call, body: JsonObject): string {
  const model = body["model"];
  if (typeof model !== "string" || model === "") throw invalid("model is required", call.id);
  if (call.settings.models !== undefined && !call.settings.models.includes(model)) {
    throw refuse(404, `model '${model}' not found, make sure the correct model ID was used`, call.id);
  }
  return model;
}

/** List of texts. @throws Refusal when it is not one, is empty, or is longer than `most` */
export function readTexts(call: Call, value: unknown, name: string, most: number): string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
    throw invalid(`${name} must be a list of strings`, call.id);
  if (value.length === 0) throw invalid(`${name} must hold at least one text`, call.id);
  if (value.length > most)
    throw invalid(`total number of ${name} must be at most ${most} - received ${value.length}`, call.id);
  return value;
}

/** One of several words; undefined when the request leaves it out. @throws Refusal for any other */
export function readWord<Word extends string>(
  call: Call,
  value: unknown,
  name: string,
  words: readonly Word[],
): Word | undefined {
  if (value === undefined || value === null) return undefined;
  const word = words.find((each) => each === value);
  if (word === undefined) throw invalid(`${name} must be one of ${words.join(", ")}`, call.id);
  return word;
}

/** Whole number from 1; undefined when the request leaves it out. @throws Refusal for anything else */
export function readCount(call: Call, value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || (value as number) < 1)
    throw invalid(`${name} must be a whole number above 0`, call.id);
  return value as number;
}

/** `meta` with the billed units, as the quirks say. */
export function withMeta(call: Call, billedUnits: Readonly<Record<string, number>>): { meta?: object | null } {
  const quirk = call.settings.quirks.usage;
  if (quirk === "missing") return {};
  if (quirk === "null") return { meta: null };
  const units = quirk === "zero" ? Object.fromEntries(Object.keys(billedUnits).map((name) => [name, 0])) : billedUnits;
  const version = call.path.startsWith("/v2/") ? "2" : "1";
  return { meta: { api_version: { version }, billed_units: units } };
}
