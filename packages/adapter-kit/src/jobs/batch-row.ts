import { isSaid, refusalIn } from "../errors/refusal.ts";
import { type Fields, fieldsOf, objectIn } from "../fields.ts";
import { completionIn, embeddingsIn } from "../other-answers.ts";
import type { RawRow } from "./job-kind.ts";

/**
 * Row of an output or error file of OpenAI's batches and their like: its own, or another provider's as a gateway hands it on.
 * Any of it may be missing, or null; what is no status may be 0.
 *
 * Sources, checked 2026-11-29: https://docs.litellm.ai/docs/providers/bedrock_batches, BerriAI/litellm#18057 (Vertex),
 * https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html,
 * https://platform.claude.com/docs/en/build-with-claude/batch-processing, https://ai.google.dev/gemini-api/docs/batch-api.
 *
 * @param field what every good answer has
 */
export function batchRowIn(row: Fields, field: string): RawRow {
  const response = objectIn(row["response"]);
  const result = fieldsOf(row["result"]);
  const failed = errorIn(row) ?? errorIn(result);
  const error = errorIn(failed) ?? failed;
  const id = idIn(row);
  // By the contract a line without a row was not tried and not paid, while an error would be one of its attempts.
  if (error?.["expired"] === true || NOT_WORKED_ON.has(error?.["code"] ?? result?.["type"])) return { id };
  const { status_code: code, body = row["modelOutput"] ?? result?.["message"] } = response ?? {};
  // Other providers' have the answer where OpenAI's have its status and body.
  const given = body ?? (code === undefined ? response : undefined);
  const answer = objectIn(given) ?? {};
  const refusal = errorIn(answer) ?? error;
  const codes = [code, error?.["errorCode"], refusal?.["type"] === "invalid_request_error" && 400];
  const status = codes.map(Number).find((each) => each >= 100);
  const isAnswered = Object.keys(answer).length > 0 && refusal === undefined;
  if (status === undefined ? isAnswered : status >= 200 && status < 300) {
    return { id, answer: field in answer ? answer : ofOther(answer, field) };
  }
  return { id, failure: refusalIn({ body: { error: refusal }, status }) };
}

/** Tells whether an object in place of a row is an error about the file. */
export function isFileError(row: Fields = {}): boolean {
  return idIn(row) === undefined && row["response"] === undefined && fieldsOf(row["error"]) !== undefined;
}

/** The error in a field for it; undefined for one that says nothing. */
function errorIn(fields: Fields | undefined): Fields | undefined {
  const error = fieldsOf(fields?.["error"]);
  return Object.values(error ?? {}).some(isSaid) ? error : undefined;
}

/** Codes of lines that a batch did not come to, and Anthropic's types of them. */
const NOT_WORKED_ON: ReadonlySet<unknown> = new Set(["batch_expired", "batch_cancelled", "expired", "canceled"]);

/** Id of a line in OpenAI's and Anthropic's rows, Bedrock's, Google's, and those of Vertex, to which LiteLLM adds it as a label. */
function idIn(row: Fields): unknown {
  const labels = fieldsOf(fieldsOf(row["request"])?.["labels"]);
  return row["custom_id"] ?? row["recordId"] ?? row["key"] ?? labels?.["litellm_custom_id"];
}

/** The answer of another provider in OpenAI's form; any other as it is. */
function ofOther(answer: Fields, field: string): Fields {
  return (field === "data" ? embeddingsIn(answer) : completionIn(answer)) ?? answer;
}
