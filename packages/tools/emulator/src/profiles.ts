import type { ScriptedAnswer } from "./faults/scripted-answer.ts";
import type { Behavior, ProfileName } from "./options.ts";

/** Server whose ways are known. */
export interface Profile {
  /** Line that says what it does. */
  readonly about: string;
  readonly behavior: Behavior;
}

const EMBEDDINGS = "/v1/embeddings";
const CHAT = "/v1/chat/completions";

/**
 * Ways of servers, each with its source: a page of documentation, or an issue by repository and number. How often
 * something happens and how much a minute allows are the emulator's own choice unless a source says it.
 */
export const PROFILES: { readonly [Name in ProfileName]: Profile } = {
  azure: {
    about: "resets of -1 and 0, 429s with retry-after-ms: 0 or a day's wait, a filter of prompts",
    behavior: {
      headers: "azure",
      // Reported of Azure: `retry-after-ms: 0` beside `retry-after: 1`.
      faults: {
        rateLimitRate: 0.03,
        retryAfter: "zeroMs",
        answers: [
          {
            // assafelovic/gpt-researcher#936; of a prompt over the limit itself: alex-wolf-ps/dbchatprov2#2
            name: "azure: retry after a day",
            inputs: 0.003,
            status: 429,
            headers: { "retry-after": "86400" },
            body: {
              error: {
                code: "429",
                message:
                  "Requests to this operation have exceeded the call rate limit of your pricing tier. " +
                  "Please retry after 86400 seconds.",
              },
            },
          },
          {
            // vibrantlabsai/ragas#649
            name: "azure: content filter",
            path: CHAT,
            inputs: 0.01,
            status: 400,
            body: {
              error: {
                message: "The response was filtered due to the prompt triggering the content management policy.",
                type: null,
                param: "prompt",
                code: "content_filter",
                status: 400,
                innererror: { code: "ResponsibleAIPolicyViolation" },
              },
            },
          },
        ],
      },
      quirks: { errors: "azure" },
    },
  },
  dashscope: {
    about: "a 400 for more than 10 texts; Arrearage for a quota that is used up, and insufficient_quota for a minute's",
    behavior: {
      headers: "none",
      faults: {
        answers: [
          {
            // can1357/oh-my-pi#8476, https://help.aliyun.com/en/model-studio/rate-limit
            name: "dashscope: tokens of a minute",
            rate: 0.02,
            status: 429,
            body: {
              error: {
                message:
                  "You exceeded your current quota, please check your plan and billing details. " +
                  "For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit",
                type: "insufficient_quota",
                param: null,
                code: "insufficient_quota",
              },
              request_id: "57553be3-dea8-49f1-ba1e-7a820c152999",
            },
          },
          {
            // memodb-io/memobase#142
            name: "dashscope: batch size",
            path: EMBEDDINGS,
            moreThan: 10,
            status: 400,
            body: {
              error: {
                message:
                  "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, " +
                  "it should not be larger than 10.: input.contents",
                type: "InvalidParameter",
                param: null,
                code: "InvalidParameter",
              },
            },
          },
          {
            // hsliuping/TradingAgents-CN#170
            name: "dashscope: arrearage",
            spent: true,
            status: 400,
            body: { error: { message: "Access denied.", type: "Arrearage", param: null, code: "Arrearage" } },
          },
        ],
      },
    },
  },
  gateway: {
    about: "pages of HTML with 200, 502 and (a firewall) 403, guardrails, answers without data, escapes in base64",
    behavior: {
      headers: "none",
      // Router of microsoft/AICentral#149, which writes JSON anew
      quirks: { escapeBase64: true },
      faults: {
        htmlErrorRate: 0.02,
        answers: [
          {
            // Cloudflare's: https://developers.cloudflare.com/ai-gateway/features/guardrails/set-up-guardrail
            name: "gateway: guardrails",
            path: CHAT,
            inputs: 0.003,
            status: 424,
            body: {
              success: false,
              result: [],
              messages: [],
              error: [{ code: 2016, message: "Prompt blocked due to security configurations" }],
            },
          },
          {
            // sipeed/picoclaw#1075
            name: "gateway: page with 200",
            rate: 0.02,
            status: 200,
            body: "<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body>Sign in</body></html>\n",
          },
          {
            // OpenHands/OpenHands#4480: "submitting a certain word or phrase"
            name: "gateway: firewall",
            inputs: 0.004,
            status: 403,
            body: "<!DOCTYPE html>\n<html><body><h1>Sorry, you have been blocked</h1></body></html>\n",
          },
          {
            // assafelovic/gpt-researcher#1526
            name: "gateway: no data",
            path: EMBEDDINGS,
            rate: 0.02,
            status: 200,
            body: { object: "list", data: [], model: "unknown", usage: { prompt_tokens: 0, total_tokens: 0 } },
          },
        ],
      },
    },
  },
  gemini: {
    about: "15 requests a minute in fixed windows, the wait in the body (an object or a list) and no header",
    behavior: {
      headers: "none",
      limits: { requestsPerMinute: 15, fixedWindows: true },
      faults: {
        retryAfter: "none",
        answers: [
          {
            // geldata/gel#9032, StarTrail-org/LEANN#214
            name: "gemini: batch size",
            path: EMBEDDINGS,
            moreThan: 100,
            status: 400,
            body: {
              error: {
                code: 400,
                message: "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
                status: "INVALID_ARGUMENT",
              },
            },
          },
        ],
      },
      // n4ze3m/page-assist#406 (a list), RooCodeInc/Roo-Code#3883 (RetryInfo)
      quirks: { errors: "google" },
    },
  },
  groq: {
    about:
      "headers with a day's requests while 30 a minute are enforced; 498 with service_tier flex; 400 for a spend limit",
    behavior: {
      // console.groq.com/docs/rate-limits: the header of requests is the day's, that of tokens the minute's.
      limits: { requestsPerMinute: 30, requestsPerDay: 14_400, tokensPerMinute: 18_000 },
      faults: {
        retryAfter: "seconds",
        answers: [
          {
            // console.groq.com/docs/errors
            name: "groq: flex capacity",
            field: "service_tier",
            value: "flex",
            rate: 0.05,
            status: 498,
            body: {
              error: { message: "Flex tier capacity exceeded.", type: "capacity_exceeded", code: "capacity_exceeded" },
            },
          },
          {
            // console.groq.com/docs/spend-limits
            name: "groq: spend limit",
            spent: true,
            status: 400,
            body: {
              error: {
                message: "API access is blocked: the spend limit of this organization is reached.",
                type: "invalid_request_error",
                code: "blocked_api_access",
              },
            },
          },
        ],
      },
    },
  },
  litellm: {
    about: "codes as texts, budget_exceeded with 400 or 429 for a quota that is used up, JSON in a code fence",
    behavior: {
      headers: "none",
      // ItzCrazyKns/Vane#959
      quirks: { errors: "litellm", json: "fence" },
      faults: {
        retryAfter: "none",
        answers: [
          {
            // open-webui/open-webui#5469; with 429: BerriAI/litellm#36729
            name: "litellm: budget",
            spent: true,
            status: 400,
            body: {
              error: {
                message: "Budget has been exceeded! Current cost: 10.51, Max budget: 10.00",
                type: "budget_exceeded",
                param: null,
                code: "400",
              },
            },
          },
        ],
      },
    },
  },
  llamacpp: {
    about: "503 for the first 10 seconds (it loads the model), 500 for a text of more than about 512 tokens",
    behavior: {
      headers: "none",
      quirks: { errors: "llamacpp" },
      faults: {
        answers: [
          {
            // mostlygeek/llama-swap#146
            name: "llamacpp: loading",
            during: [0, 10_000],
            status: 503,
            body: { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
          },
          {
            // ggml-org/llama.cpp#11105, lemonade-sdk/lemonade#3591
            name: "llamacpp: too large",
            path: EMBEDDINGS,
            longerThan: 2048,
            status: 500,
            body: {
              error: {
                code: 500,
                message: "input is too large to process. increase the physical batch size",
                type: "server_error",
              },
            },
          },
        ],
      },
    },
  },
  lmstudio: {
    about: "errors as a text, also with 200; no usage to speak of: 0 tokens; numbers instead of base64",
    behavior: {
      headers: "none",
      // cheshire-cat-ai/core#1014
      quirks: { errors: "text", usage: "zero", encoding: "float" },
      faults: {
        answers: [
          {
            // lmstudio-ai/lmstudio-bug-tracker#2085
            name: "lmstudio: error with 200",
            rate: 0.02,
            status: 200,
            body: { error: "Unexpected endpoint or method. Returning 200 anyway" },
          },
        ],
      },
    },
  },
  minimax: {
    about: "chats that fail with 200: a rate limit, a filter of prompts, a balance that is used up",
    behavior: {
      headers: "none",
      faults: {
        answers: [
          // https://platform.minimax.io/docs/api-reference/errorcode
          minimax("rate limit", 1002, { rate: 0.03 }),
          minimax("input sensitive", 1026, { inputs: 0.02 }),
          minimax("insufficient balance", 1008, { spent: true }),
        ],
      },
    },
  },
  mistral: {
    about: "one request a second, 429s without header or wait, content as a list of parts",
    behavior: {
      headers: "none",
      // dnakov/anon-kode#53
      limits: { requestsPerSecond: 1, countRefused: false },
      faults: { retryAfter: "none" },
      // cline/cline#9085 (errors); mistralai/client-python#252 (parts)
      quirks: { errors: "mistral", content: "parts" },
    },
  },
  ollama: {
    about: "500 for a text whose vector is not a number, now and then a vector of zeros, numbers instead of base64",
    behavior: {
      headers: "none",
      // BerriAI/litellm#42426
      quirks: { errors: "ollama", encoding: "float" },
      faults: {
        // ollama/ollama#17878: under load, with 200
        zeroRate: 0.03,
        answers: [
          {
            // ollama/ollama#14657, ollama/ollama#15582: always the same texts
            name: "ollama: NaN",
            path: EMBEDDINGS,
            inputs: 0.003,
            status: 500,
            body: {
              error: {
                message: "failed to encode response: json: unsupported value: NaN",
                type: "api_error",
                param: null,
                code: null,
              },
            },
          },
        ],
      },
    },
  },
  openrouter: {
    about:
      "200 with half a text and finish_reason error, or with an error; 403 by moderation, 402, comments in streams",
    behavior: {
      headers: "none",
      // openrouter.ai/docs/api-reference/streaming (comments)
      quirks: { errors: "openrouter", comments: true },
      faults: {
        answers: [
          {
            // razzant/claudexor#144, maximhq/bifrost#5425
            name: "openrouter: half an answer",
            path: CHAT,
            rate: 0.03,
            status: 200,
            body: {
              id: "gen-1",
              object: "chat.completion",
              created: 1_767_225_600,
              model: "unknown",
              choices: [
                {
                  index: 0,
                  message: { role: "assistant", content: "Ec" },
                  finish_reason: "error",
                  error: { code: 502, message: "Upstream error" },
                },
              ],
              usage: { prompt_tokens: null, completion_tokens: null, total_tokens: 0 },
            },
          },
          {
            // openrouter.ai/docs/api/reference/errors-and-debugging, as the two that follow
            name: "openrouter: error with 200",
            rate: 0.03,
            status: 200,
            body: { error: { code: 502, message: "Provider returned error" } },
          },
          {
            name: "openrouter: moderation",
            inputs: 0.004,
            status: 403,
            body: {
              error: { code: 403, message: "The input was flagged.", metadata: { reasons: ["violence"] } },
            },
          },
          {
            name: "openrouter: credits",
            spent: true,
            status: 402,
            body: { error: { code: 402, message: "Insufficient credits. Add more and retry the request." } },
          },
        ],
      },
    },
  },
  tei: {
    about: "413 for more than 32 texts or one of more than 512 tokens, 429 without a wait, 424 now and then",
    behavior: {
      headers: "none",
      // OpenAICompatRequest of huggingface/text-embeddings-inference, router/src/http/types.rs, has no encoding_format.
      quirks: { errors: "tei", encoding: "float" },
      faults: {
        // huggingface/text-embeddings-inference#662
        rateLimitRate: 0.05,
        retryAfter: "none",
        answers: [
          {
            // coze-dev/coze-studio#455, huggingface/text-embeddings-inference#378
            name: "tei: batch size",
            path: EMBEDDINGS,
            moreThan: 32,
            status: 413,
            body: { message: "batch size 33 > maximum allowed batch size 32", code: 413, type: "Validation" },
          },
          {
            // letta-ai/letta#1453, huggingface/text-embeddings-inference#356
            name: "tei: too long",
            path: EMBEDDINGS,
            longerThan: 2048,
            status: 413,
            body: {
              message: "Input validation error: `inputs` must have less than 512 tokens. Given: 513",
              code: 413,
              type: "Validation",
            },
          },
          {
            // huggingface/text-embeddings-inference#61
            name: "tei: backend",
            path: EMBEDDINGS,
            rate: 0.02,
            status: 424,
            body: {
              message: "Backend error: Inference error: CublasError(CUBLAS_STATUS_NOT_SUPPORTED)",
              code: 424,
              type: "Backend",
            },
          },
        ],
      },
    },
  },
  unsloth: {
    about: "chat completions stream unless the request says stream: false",
    // unslothai/unsloth#5047, as diegosouzapw/OmniRoute#10239 and jingyaogong/minimind#851
    behavior: { headers: "none", quirks: { streams: true } },
  },
  vllm: {
    about: "400 without param for any dimensions, now and then a 500, errors without the object around them",
    behavior: {
      headers: "none",
      quirks: { errors: "vllm" },
      faults: {
        answers: [
          {
            // vllm-project/vllm#15465, coze-dev/coze-studio#484
            name: "vllm: dimensions",
            path: EMBEDDINGS,
            field: "dimensions",
            status: 400,
            body: {
              object: "error",
              message: "dimensions is currently not supported",
              type: "BadRequestError",
              param: null,
              code: 400,
            },
          },
          {
            // vllm-project/vllm#24495, vllm-project/vllm#23527
            name: "vllm: engine",
            rate: 0.02,
            status: 500,
            body: {
              error: {
                message: "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                type: "Internal Server Error",
                param: null,
                code: 500,
              },
            },
          },
        ],
      },
    },
  },
};

/** MiniMax's failures have a good status, and a code beside the choices that are missing. */
function minimax(message: string, code: number, when: Partial<ScriptedAnswer>): ScriptedAnswer {
  const body = { id: "1", choices: null, base_resp: { status_code: code, status_msg: message } };
  return { name: `minimax: ${message}`, path: CHAT, status: 200, body, ...when };
}

/** Names of all profiles. */
export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES) as ProfileName[];
