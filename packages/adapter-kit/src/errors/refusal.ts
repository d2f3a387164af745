import type { HeadersLike } from "@batchwise/core";
import { countIn, fieldsOf, textIn } from "../fields.ts";
import { causesOf, word } from "./causes.ts";
import type { Dialect } from "./dialect.ts";

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
  readonly headers?: HeadersLike | undefined;
  readonly requestId?: string | undefined;
}

/** A response that refuses a request, as far as it is known. */
export interface RefusedResponse extends Pick<Refusal, "status" | "headers"> {
  readonly body: unknown;
}

/**
 * Refusal in a response: its dialect says where, else in `error` as OpenAI and most others have it, in a list's
 * first element, or in the body itself. Some servers put the status there.
 */
export function refusalIn({ body, status, headers }: RefusedResponse, dialect?: Dialect): Refusal {
  const first = fieldsOf(Array.isArray(body) ? body[0] : body);
  const { code, type, status: name, error_type: kind, param } = fieldsOf(first?.["error"]) ?? first ?? {};
  const inBody = typeof code === "number" && code >= 400 && code < 600 ? code : undefined;
  const own = (first && dialect?.refusal?.(first)) ?? {};
  return {
    status: status ?? inBody,
    code: textIn(own.code) ?? textIn(code) ?? textIn(name),
    type: textIn(own.type) ?? textIn(type) ?? textIn(kind),
    param: textIn(own.param) ?? textIn(param),
    position: Number.isInteger(own.position) ? countIn(own.position) : undefined,
    headers,
  };
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
    const body = each["error"] ?? each["data"] ?? each["body"];
    const inner = refusalIn({ body, status, headers }, dialect);
    return {
      ...inner,
      code: textIn(each["code"]) ?? inner.code,
      type: textIn(each["type"]) ?? inner.type,
      param: textIn(each["param"]) ?? inner.param,
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
