import type { HeadersLike } from "@batchwise/core";
import { countIn, type Fields, fieldsOf, parseJson, textIn } from "../fields.ts";
import { causesOf, word } from "./causes.ts";
import type { Dialect } from "./dialect.ts";
import { amazonsIn, isThere, linkIn, nameIn, numberIn, placeIn, quotaIn, reasonIn, statusIn, wordIn } from "./parts.ts";
import { waitIn } from "./wait.ts";

/** Facts of a provider's refusal. Its message is left out on purpose: it may quote an input or the key. */
export interface Refusal {
  /** HTTP status; undefined for an error inside of an answer. */
  readonly status?: number | undefined;
  /** Provider's name for it. */
  readonly code?: string | undefined;
  /** Its kind, where there is no code, or beside it. */
  readonly type?: string | undefined;
  /** The part of the request that is to blame. */
  readonly param?: string | undefined;
  /** Place of the input of the body that is to blame, from 0. */
  readonly position?: number | undefined;
  /** Milliseconds that the body asks to wait. */
  readonly waitMs?: number | undefined;
  readonly headers?: HeadersLike | undefined;
  readonly requestId?: string | undefined;
}

/** A response that refuses a request, as far as it is known. */
export interface RefusedResponse extends Pick<Refusal, "status" | "headers"> {
  readonly body: unknown;
}

/**
 * Refusal in a response: its dialect says where, else in `error` as OpenAI and most others have it, in `errors`, `detail` or
 * MiniMax's `base_resp`, each of which may be a list, or in the body itself; or, where a proxy has put another server's body
 * into a text in one of these places, in that one. Some servers put the status there, or a number of their own; Google's have a reason in
 * `details`, OpenRouter in `metadata`, and those made with FastAPI name the parameter in `detail`.
 */
export function refusalIn({ body, status, headers }: RefusedResponse, dialect?: Dialect): Refusal {
  const first = firstIn(body) ?? {};
  const error = errorIn(first) ?? first;
  const { message } = error;
  const inner = [message, first["error"], first["detail"]].map(jsonIn).find(isThere);
  if (inner !== undefined) return refusalIn({ body: inner, status: status ?? statusIn(error), headers }, dialect);
  const { code = error["status_code"] ?? error["error_code"], type, status: name, error_type: kind, param } = error;
  const { reason = error["reason"], limit_source: source, error_type: sort } = fieldsOf(error["metadata"]) ?? {};
  const own = dialect?.refusal?.(first) ?? {};
  return {
    status: status ?? statusIn(error),
    code: [
      own.code,
      linkIn(message),
      code,
      reasonIn(error),
      reason,
      wordIn(first["error"]),
      amazonsIn(error, headers),
      name,
      numberIn(code),
    ]
      .map(nameIn)
      .find(isThere),
    type: [own.type, quotaIn(error), type, kind, source, sort].map(nameIn).find(isThere),
    param: [own.param, param, placeIn(error)].map(textIn).find(isThere),
    position: Number.isInteger(own.position) ? countIn(own.position) : undefined,
    waitMs: waitIn(body),
    headers,
  };
}

/**
 * Refusal in an answer whose status is good: OpenRouter and gateways send an error in the answer's place, or beside the half
 * that there is of it, Groq in `x_groq`; others a body that says of itself that it is one. Undefined where there is none.
 */
export function failureIn(answer: unknown, headers?: HeadersLike): Refusal | undefined {
  const { error, errors, object, success, base_resp: result, x_groq: groq } = fieldsOf(answer) ?? {};
  const groqs = groq && failureIn({ error: fieldsOf(groq)?.["error"] }, headers);
  if (groqs) return groqs;
  const isError =
    object === "error" ||
    success === false ||
    statusIn(fieldsOf(answer) ?? {}) !== undefined ||
    (countIn(fieldsOf(result)?.["status_code"]) ?? 0) > 0 ||
    isCode(fieldsOf(answer) ?? {}) ||
    textIn(error) !== undefined ||
    Object.values(firstIn(error ?? errors) ?? {}).some(isSaid);
  return isError ? refusalIn({ body: answer, headers }) : undefined;
}

/** Tells whether a field has been filled: Go's encoder writes those that nothing has been put into, too. */
export function isSaid(value: unknown): boolean {
  return typeof value === "object" ? Object.keys(value ?? {}).length > 0 : Boolean(value);
}

/**
 * Tells whether a body is nothing but a code and its words, as Baidu's and others of its kind are with a good status:
 * https://cloud.baidu.com/doc/WENXINWORKSHOP/s/cm79w0mjf, checked 2026-11-29. An answer has an object or a list, too.
 */
function isCode(body: Fields): boolean {
  const { code, error_code: other = code, msg, message = msg, error_msg: words = message } = body;
  const isAlone = Object.values(body).every((each) => fieldsOf(each) === undefined);
  return isAlone && textIn(words) !== undefined && Boolean(other);
}

/** Body of another server that has been put into a text. */
function jsonIn(text: unknown): Fields | undefined {
  return typeof text === "string" ? fieldsOf(parseJson(text)) : undefined;
}

/** The error of a body, in any of its places. */
function errorIn({ error, errors, detail, base_resp: result }: Fields): Fields | undefined {
  // FastAPI's list is of faults in single parameters.
  const nested = Array.isArray(detail) ? undefined : fieldsOf(detail);
  return firstIn(error) ?? firstIn(errors) ?? (nested && (errorIn(nested) ?? nested)) ?? fieldsOf(result);
}

function firstIn(value: unknown): Fields | undefined {
  return fieldsOf(Array.isArray(value) ? value[0] : value);
}

/**
 * The refusal in what an SDK threw, whichever SDK and copy of it: only fields are read. Undefined where there was no response.
 */
export function refusalOf(thrown: unknown, dialect?: Dialect): Refusal | undefined {
  for (const each of causesOf(thrown)) {
    const response = fieldsOf(each["response"]) ?? fieldsOf(each["rawResponse"]);
    const headers = headersIn(each["headers"] ?? each["responseHeaders"] ?? response?.["headers"]);
    const status = [each["status"], each["statusCode"], response?.["status"]].find(isStatus);
    // An error in the middle of a stream has headers and no status.
    if (status === undefined && (headers === undefined || !("requestID" in each))) continue;
    // Of what is not JSON some SDKs keep the text, and openai makes a message of it.
    const text = [each["body"], each["responseBody"], each["message"]].map(textIn).find(isThere);
    const body =
      fieldsOf(each["body"]) ??
      each["error"] ??
      each["data"] ??
      (text === undefined ? text : (parseJson(text) ?? text));
    const inner = refusalIn({ body, status, headers }, dialect);
    return {
      ...inner,
      code: inner.code ?? nameIn(each["code"]),
      type: inner.type ?? nameIn(each["type"]),
      param: inner.param ?? textIn(each["param"]),
      requestId: word(each["requestID"]) ?? word(each["request_id"]),
    };
  }
  return undefined;
}

/** Some SDKs put 0 where there was no response. */
function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 100;
}

/** Headers of either form: with a method, or as an object whose names are in lower case. */
export function headersIn(value: unknown): HeadersLike | undefined {
  const headers = fieldsOf(value);
  if (headers === undefined || typeof headers["get"] === "function") return headers as HeadersLike | undefined;
  return { get: (name) => textIn(headers[name]) };
}
