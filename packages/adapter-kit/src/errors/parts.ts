import type { HeadersLike } from "@batchwise/core";
import { type Fields, fieldsOf, textIn } from "../fields.ts";

/** Status that a body says itself, in a number or in a text as iFlow's does (router-for-me/CLIProxyAPI#1708). */
export function statusIn({ code, status, statusCode }: Fields): number | undefined {
  const numbers = [code, status, statusCode].map((each) =>
    /^[45]\d\d$/.test(String(each)) ? Number(each) : undefined,
  );
  return numbers.find(isThere);
}

/** A code or a kind; of an address that stands for one, as problem details have (RFC 9457), the last part. */
export function nameIn(value: unknown): string | undefined {
  const text = textIn(value);
  return text === undefined || !/^(https?|urn|about):/i.test(text) ? text : /^[^a].*[/#:]([^/#:]+)$/is.exec(text)?.[1];
}

/**
 * Anchor of a link to Alibaba's page of errors, which tells a minute's tokens from money: both are `insufficient_quota`.
 * https://help.aliyun.com/en/model-studio/rate-limit, checked 2026-11-29.
 */
export function linkIn(message: unknown): string | undefined {
  return typeof message === "string" ? /\/error-code#(token-limit)\b/.exec(message)?.[1] : undefined;
}

/** A code in the place of an error, where others have its fields or its words. */
export function wordIn(error: unknown): string | undefined {
  return typeof error === "string" && /^[a-z\d]+(_[a-z\d]+)+$/i.test(error) ? error : undefined;
}

/** The name of an exception in a header of Amazon's, or in a body of its older services. */
export function amazonsIn({ __type: type }: Fields, headers: HeadersLike | undefined): string | undefined {
  return (headers?.get("x-amzn-errortype") ?? textIn(type))?.replace(/^.*#|:.*$/g, "");
}

/** A provider's own number for an error, which is none of HTTP's. */
export function numberIn(code: unknown): string | undefined {
  return typeof code === "number" && code >= 1000 ? String(code) : undefined;
}

/** Reason in google.rpc.ErrorInfo, such as `API_KEY_INVALID`. */
export function reasonIn({ details }: Fields): unknown {
  return listIn(details)
    .map((each) => textIn(each["reason"]))
    .find(isThere);
}

/** The end of a day's quota in google.rpc.QuotaFailure, with which Google asks for a wait of seconds. */
export function quotaIn({ details }: Fields): string | undefined {
  const violations = listIn(details).flatMap((each) => listIn(each["violations"]));
  return violations.some((each) => textIn(each["quotaId"])?.includes("PerDay")) ? "quota_exhausted" : undefined;
}

function listIn(value: unknown): Fields[] {
  return (Array.isArray(value) ? value : []).map((each) => fieldsOf(each) ?? {});
}

/** Parameter that FastAPI's `detail` names: `["body", "input", 3]` is `input.3`. Mistral has it in `message`. */
export function placeIn({ detail, message }: Fields): string | undefined {
  const list = detail ?? fieldsOf(message)?.["detail"];
  const path = fieldsOf(Array.isArray(list) ? list[0] : undefined)?.["loc"];
  if (!Array.isArray(path)) return undefined;
  return (path[0] === "body" ? path.slice(1) : path).join(".");
}

/** Tells whether a part is there. */
export function isThere<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
