import type { ChatRequest } from "../content/chat.ts";
import { isObject } from "../content/json.ts";
import { invalid, missing } from "./errors.ts";

/**
 * Form of the answer that a request asks for.
 *
 * @param value `response_format`, or `text.format` of the Responses API
 * @param schemaIn the part of it that holds name and schema: "json_schema", or "" for the value itself
 * @throws Refusal
 */
export function readFormat(value: unknown, param: string, schemaIn: "json_schema" | ""): ChatRequest["format"] {
  if (value === undefined || value === null) return { kind: "text" };
  const type = isObject(value) ? value["type"] : undefined;
  if (type === "text") return { kind: "text" };
  if (type === "json_object") return { kind: "object" };
  if (type !== "json_schema")
    throw invalid(
      `Invalid value for '${param}.type': expected 'text', 'json_object' or 'json_schema'.`,
      `${param}.type`,
      "invalid_value",
    );
  const holder = schemaIn === "" ? value : (value as Record<string, unknown>)[schemaIn];
  const path = schemaIn === "" ? param : `${param}.${schemaIn}`;
  if (!isObject(holder)) throw missing(path);
  if (typeof holder["name"] !== "string" || holder["name"] === "") throw missing(`${path}.name`);
  if (!isObject(holder["schema"])) throw missing(`${path}.schema`);
  return { kind: "schema", schema: holder["schema"] };
}
