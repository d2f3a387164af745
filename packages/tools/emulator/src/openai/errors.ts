import { Refusal } from "../server/refusal.ts";

/** Parts of an OpenAI error. */
export interface OpenAIError {
  readonly message: string;
  /** @default "invalid_request_error" */
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** Refusal with the body of an OpenAI error. */
export function refuse(
  status: number,
  error: OpenAIError,
  headers?: Readonly<Record<string, string>>,
  waitMs?: number,
): Refusal {
  const { message, type = "invalid_request_error", param = null, code = null } = error;
  return new Refusal(status, { error: { message, type, param, code } }, headers, waitMs);
}

/** Refusal that names the invalid part of the request, with status 400 by default. */
export function invalid(
  message: string,
  param: string | null = null,
  code: string | null = null,
  status: number = 400,
): Refusal {
  return refuse(status, { message, param, code });
}

/** Refusal of a request without a required part. */
export function missing(param: string): Refusal {
  return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}
