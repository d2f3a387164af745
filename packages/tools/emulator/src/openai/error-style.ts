import { isObject } from "../content/json.ts";
import type { Dice } from "../dice.ts";
import type { ErrorStyle } from "../options.ts";
import type { Refusal } from "../server/refusal.ts";
import type { OpenAIError } from "./errors.ts";

type Shape = (error: OpenAIError, refusal: Refusal, dice: Dice) => unknown;

/** Body of a refusal in the style of another server. */
export function errorBody(style: ErrorStyle, refusal: Refusal, dice: Dice): unknown {
  const { error } = refusal.body;
  return isObject(error) ? SHAPES[style](error as unknown as OpenAIError, refusal, dice) : refusal.body;
}

const SHAPES: Readonly<Record<ErrorStyle, Shape>> = {
  openai: (_error, { body }) => body,
  // assafelovic/gpt-researcher#936; errors other than 429 are OpenAI's.
  azure: ({ message }, { status, body, waitMs }) =>
    status === 429
      ? { error: { code: "429", message: `${message} Please retry after ${seconds(waitMs)} seconds.` } }
      : body,
  google: (error, refusal, dice) => {
    const alone = { error: googleError(error, refusal) };
    return dice.roll("list") < 0.5 ? alone : [alone];
  },
  // BerriAI/litellm#36729, open-webui/open-webui#5469
  litellm: ({ message, type, param }, { status }) => ({ error: { message, type, param, code: String(status) } }),
  // ggml-org/llama.cpp#11105, mostlygeek/llama-swap#146
  llamacpp: ({ message, type }, { status }) => ({ error: { code: status, message, type } }),
  // cline/cline#9085, raycast/extensions#31107
  mistral: ({ message, type }, { status }) =>
    status === 429
      ? { object: "error", message: "Rate limit exceeded", type: "rate_limited", param: null, code: "1300" }
      : { object: "error", message, type, param: null, code: null },
  // ollama/ollama#14657: of 500s; the shape is that of OpenAI.
  ollama: ({ message }) => ({ error: { message, type: "api_error", param: null, code: null } }),
  // openrouter.ai/docs/api/reference/errors-and-debugging
  openrouter: ({ message }, { status }) => ({ error: { code: status, message } }),
  // coze-dev/coze-studio#455; statuses by kind: huggingface/text-embeddings-inference, router/src/http/server.rs
  tei: ({ message }, { status }) => {
    const kind = TEI[status] ?? "Validation";
    return { message: kind === "Overloaded" ? "Model is overloaded" : message, code: status, type: kind };
  },
  // ollama/ollama#14496, lmstudio-ai/lmstudio-bug-tracker#2085
  text: ({ message }) => ({ error: message }),
  // vllm-project/vllm#15465
  vllm: ({ message }, { status }) => ({
    object: "error",
    message,
    type: status < 500 ? "BadRequestError" : "InternalServerError",
    param: null,
    code: status,
  }),
};

const TEI: Readonly<Record<number, string>> = { 424: "Backend", 429: "Overloaded", 503: "Unhealthy" };

/** RooCodeInc/Roo-Code#3883, googleapis/python-genai#2044; in a list: n4ze3m/page-assist#406. */
function googleError({ message }: OpenAIError, { status, waitMs }: Refusal): object {
  const reason = STATUSES[status] ?? "INVALID_ARGUMENT";
  if (waitMs === undefined || !Number.isFinite(waitMs)) return { code: status, message, status: reason };
  const retryDelay = `${waitMs / 1000}s`;
  return {
    code: status,
    message: `You exceeded your current quota, please check your plan and billing details. Please retry in ${retryDelay}.`,
    status: reason,
    details: [
      { "@type": "type.googleapis.com/google.rpc.Help", links: [{ description: "Learn more about quotas" }] },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay },
    ],
  };
}

/** Names of google.rpc's codes by status. */
const STATUSES: Readonly<Record<number, string>> = {
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

function seconds(waitMs: number | undefined): number {
  return waitMs === undefined || !Number.isFinite(waitMs) ? 86_400 : Math.max(1, Math.ceil(waitMs / 1000));
}
