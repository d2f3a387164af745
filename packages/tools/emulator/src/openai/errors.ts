import { Refusal } from "../server/refusal.ts";

/** The parts of an OpenAI error. */
export interface OpenAIError {
  readonly message: string;
  /** @default "invalid_request_error" */
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** A refusal with the body of an OpenAI error. */
export function refuse(status: number, error: OpenAIError, headers: Readonly<Record<string, string>> = {}): Refusal {
  const { message, type = "invalid_request_error", param = null, code = null } = error;
  return new Refusal(status, { error: { message, type, param, code } }, headers);
}

/** A 400, unless it is another status, that says which part of the request is wrong. */
export function invalid(
  message: string,
  param: string | null = null,
  code: string | null = null,
  status: number = 400,
): Refusal {
  return refuse(status, { message, param, code });
}

/** A required part of the request is not there. */
export function missing(param: string): Refusal {
  return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}
