import { expect, test } from "vitest";
import { xRateLimits } from "../headers.ts";
import type { Dialect, Verdict } from "./dialect.ts";
import { ANY_INPUT, type Blame, isFree, isPassing, judge } from "./judge.ts";
import { type Refusal, refusalIn } from "./refusal.ts";

const TERN: Dialect = { provider: "Tern" };
const judged = (refusal: Refusal, dialect = TERN, blame: Blame = ANY_INPUT): Verdict => judge(refusal, dialect, blame);

test.for<[number | undefined, Verdict]>([
  [undefined, "provider_error"],
  [200, "provider_error"],
  [400, "invalid_input"],
  [401, "authentication"],
  [402, "quota_exceeded"],
  [403, "invalid_input"],
  [404, "invalid_input"],
  [405, "invalid_input"],
  [407, "invalid_argument"],
  [408, "provider_error"],
  [409, "provider_error"],
  [413, "request_too_large"],
  [422, "invalid_input"],
  [424, "provider_error"],
  [425, "provider_error"],
  // router-for-me/CLIProxyAPI, its tests of iFlow
  [449, "rate_limited"],
  [451, "invalid_input"],
  [498, "provider_error"],
  [429, "rate_limited"],
  [500, "provider_error"],
  // kenforthewin/atomic#49: llama.cpp that was started without embeddings
  [501, "invalid_input"],
  [503, "provider_error"],
  [529, "provider_error"],
])("P30 status %s is %s", ([status, verdict]) => {
  expect(judged({ status })).toBe(verdict);
});

test.for<[string, Verdict]>([
  ["insufficient_quota", "quota_exceeded"],
  ["project_spend_limit_exceeded", "quota_exceeded"],
  ["model_not_found", "invalid_argument"],
  ["max_tokens_per_request", "request_too_large"],
  ["slow_down", "rate_limited"],
  ["context_length_exceeded", "invalid_input"],
])("P24 a code says more than a status: %s is %s", ([code, verdict]) => {
  for (const status of [undefined, 400, 403, 429, 500]) {
    expect(judged({ status, code })).toBe(verdict);
    expect(judged({ status, type: code })).toBe(verdict);
  }
});

/** Bodies as these servers send them; each with its source. */
test.for<[string, number, object, Verdict]>([
  // OpenRouter, https://openrouter.ai/docs/api/reference/errors-and-debugging: a moderation, a guardrail
  ["flagged", 403, { error: { code: 403, message: "m", metadata: { reasons: ["violence"] } } }, "invalid_input"],
  ["a guardrail", 403, { error: { code: 403, metadata: { error_type: "permission_denied" } } }, "invalid_input"],
  // compl-ai/compl-ai#20 (Azure); Volcengine's public error codes
  ["Azure's filter", 400, { error: { code: "content_filter", param: "prompt" } }, "invalid_input"],
  ["a policy", 403, { error: { code: "content_policy_violation" } }, "invalid_input"],
  ["Volcengine", 400, { error: { code: "InputTextRiskDetection", type: "BadRequest" } }, "invalid_input"],
  // aws-solutions-library-samples/guidance-for-multi-provider-generative-ai-gateway-on-aws#133
  ["a firewall's page", 403, undefined as unknown as object, "invalid_input"],
  // huggingface/text-embeddings-inference#61; https://console.groq.com/docs/flex-processing
  ["TEI's backend", 424, { error: "Backend error", error_type: "Backend" }, "provider_error"],
  ["Groq's flex tier", 498, { error: { code: "capacity_exceeded", type: "invalid_request_error" } }, "provider_error"],
  // musistudio/claude-code-router#233: over a minute's tokens, whatever is waited
  ["Groq's 413", 413, { error: { type: "tokens", code: "rate_limit_exceeded" } }, "request_too_large"],
  // cequence-io/openai-scala-client#109; https://www.volcengine.com/docs/82379/1299023
  [
    "Google's key",
    400,
    { error: { code: 400, status: "INVALID_ARGUMENT", details: [{ reason: "API_KEY_INVALID" }] } },
    "authentication",
  ],
  ["a key", 400, { error: { code: "invalid_api_key" } }, "authentication"],
  ["DashScope's key", 403, { code: "InvalidApiKey", message: "m" }, "authentication"],
  ["a model", 403, { error: { code: "model_not_found" } }, "invalid_argument"],
  ["Volcengine's model", 404, { error: { code: "ModelNotOpen", type: "NotFound" } }, "invalid_argument"],
  ["a country", 403, { error: { code: "unsupported_country_region_territory" } }, "invalid_argument"],
  // google.api.ErrorReason; BerriAI/litellm, ProxyErrorTypes
  [
    "Google's project",
    403,
    [{ error: { code: 403, status: "PERMISSION_DENIED", details: [{ reason: "CONSUMER_SUSPENDED" }] } }],
    "authentication",
  ],
  ["LiteLLM's key", 403, { error: { type: "auth_error", code: "403" } }, "authentication"],
  ["no right", 403, { error: { code: "Unauthorized" } }, "authentication"],
  // Reported of Novita, Databricks, Groq and Kimi Code
  ["Novita's key", 403, { code: 403, reason: "INVALID_API_KEY", message: "m" }, "authentication"],
  ["Databricks' key", 403, { error_code: "UNAUTHENTICATED", message: "m" }, "authentication"],
  ["Groq's account", 400, { error: { code: "organization_restricted" } }, "authentication"],
  ["Kimi's plan", 403, { error: { type: "access_terminated_error", message: "m" } }, "authentication"],
  // https://developers.cloudflare.com/ai-gateway/features/guardrails/set-up-guardrail, which sends a list
  ["Cloudflare's guardrails", 424, { success: false, error: [{ code: 2016, message: "m" }] }, "invalid_input"],
  // https://docs.z.ai/api-reference/api-code
  ["z.ai's filter", 400, { contentFilter: [{ level: 1 }], error: { code: "1301", message: "m" } }, "invalid_input"],
  // A word of money that is the name of a parameter or a balancer; limits and failures of how a server looks at keys.
  ["a thinking budget", 400, { error: { code: "invalid_thinking_budget" } }, "invalid_input"],
  ["a balancer", 503, { error: { code: "load_balancer_no_upstream" } }, "provider_error"],
  ["a balance of loads", 503, { error: { code: "load_balance_failed" } }, "provider_error"],
  ["a key's rate", 429, { error: { code: "api_key_rate_limit" } }, "rate_limited"],
  ["a user's rate", 429, { error: { code: "concurrent_user_limit_exceeded" } }, "rate_limited"],
  ["the service that looks at keys", 503, { error: { code: "authentication_service_unavailable" } }, "provider_error"],
  ["the same in time", 504, { error: { code: "auth_timeout" } }, "provider_error"],
  // Fireworks for an account and for a model, Portkey for a budget: https://docs.fireworks.ai/guides/inference-error-codes
  ["a precondition", 412, { error: { code: "PRECONDITION_FAILED" } }, "invalid_input"],
  // QuantumNous/new-api#6310: all that serve the model are away for a moment; one that is unknown is not told apart
  ["new-api without a channel", 503, { error: { code: "model_not_found", type: "new_api_error" } }, "provider_error"],
  ["a gateway's own key", 503, { error: { code: "channel:invalid_key", type: "new_api_error" } }, "provider_error"],
  // https://cloud.baidu.com/doc/WENXINWORKSHOP/s/cm79w0mjf: with 200, as the older ones, and with 429
  ["Baidu's rate", 200, { code: "rpm_rate_limit_exceeded", msg: "m" }, "rate_limited"],
  ["Baidu's older rate", 200, { error_code: 336_501, error_msg: "m" }, "rate_limited"],
  // Ollama calls everything so: ollama/ollama#9494
  ["Ollama", 404, { error: { message: "m", type: "api_error", param: null, code: null } }, "invalid_input"],
])("P47 %s (%i) blames the request unless a code surely says otherwise", ([, status, body, verdict]) => {
  expect(judged(refusalIn({ body, status }))).toBe(verdict);
});

// https://console.groq.com/docs/structured-outputs; glibsonoran/Plush-for-ComfyUI#135 (98 of 100 pass), praveenjuge/teak#255
test.for(["json_validate_failed", "tool_use_failed"])(
  "P48 a model that did not answer in the form that was asked for (%s) may do so the next time",
  (code) => {
    const error = { type: "invalid_request_error", code, failed_generation: "SECRET" };
    expect(judged(refusalIn({ body: { error }, status: 400 }))).toBe("invalid_result");
  },
);

const DAY: readonly object[] = [
  {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    violations: [
      { quotaId: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier" },
      { quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" },
    ],
  },
  { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "38s" },
];

/** What Alibaba sends for a minute's tokens: only the link is not OpenAI's for money. */
function alibaba(anchor: string): object {
  const message = `You exceeded your current quota. See: https://help.aliyun.com/zh/model-studio/error-code${anchor}`;
  const error = { code: "insufficient_quota", type: "insufficient_quota", param: null, message };
  return { error, request_id: "r" };
}

/** Budgets and balances in other servers' words. */
test.for<[string, number, object, Verdict]>([
  // BerriAI/litellm#4606 and BerriAI/litellm#37000
  ["LiteLLM", 400, { error: { type: "budget_exceeded", param: null, code: "400" } }, "quota_exceeded"],
  ["LiteLLM since 2026", 429, { error: { type: "budget_exceeded", param: null, code: "429" } }, "quota_exceeded"],
  // tencentmusic/supersonic#1572; hsliuping/TradingAgents-CN#170
  ["DashScope", 400, { code: "Arrearage", message: "m" }, "quota_exceeded"],
  ["DashScope for OpenAI's SDK", 400, { error: { code: "Arrearage", type: "Arrearage" } }, "quota_exceeded"],
  // https://platform.claude.com/docs/en/api/errors; continuedev/continue#9942; Mistral's and Fireworks' documentation
  ["Anthropic", 400, { type: "error", error: { type: "billing_error", message: "m" } }, "quota_exceeded"],
  [
    "DeepSeek, Mistral, Fireworks",
    402,
    { error: { message: "Insufficient Balance", code: "invalid_request_error" } },
    "quota_exceeded",
  ],
  ["Google's prepayment", 402, { error: { code: 402, status: "RESOURCE_EXHAUSTED" } }, "quota_exceeded"],
  // 666ghj/BettaFish#524; https://www.volcengine.com/docs/82379/1299023; tetsuo-ai/agenc-core#2483
  ["Moonshot", 429, { error: { type: "exceeded_current_quota_error" } }, "quota_exceeded"],
  ["Volcengine", 403, { error: { code: "AccountOverdueError", type: "Forbidden" } }, "quota_exceeded"],
  ["xAI", 403, { code: "personal-team-blocked:spending-limit", error: "m" }, "quota_exceeded"],
  // songquanpeng/one-api#1270; https://docs.laozhang.ai/en/faq/balance-insufficient.md
  ["one-api", 403, { error: { type: "one_api_error", code: "insufficient_user_quota" } }, "quota_exceeded"],
  // zai-org/feedback#789, langgenius/dify#5850; FoundationAgents/OpenManus#438; TiaraBasori/OpenCode2API#5
  ["z.ai", 429, { error: { type: "rate_limit_error", code: "1113", message: "m" } }, "quota_exceeded"],
  ["SiliconFlow", 403, { code: 30_011, message: "m", data: null }, "quota_exceeded"],
  // https://developers.cloudflare.com/workers-ai/platform/errors/; Rexezuge-CloudflareWorkers/Mail-Otter#88
  ["Workers AI", 429, { success: false, errors: [{ code: 3036, message: "m" }] }, "quota_exceeded"],
  ["Workers AI's runtime", 429, { success: false, errors: [{ code: 4006, message: "m" }] }, "quota_exceeded"],
  ["Workers AI without room", 429, { success: false, errors: [{ code: 3040, message: "m" }] }, "rate_limited"],
  // Avarok-Cybersecurity/atlas#543
  [
    "OpenRouter, for a day of free models",
    429,
    { error: { code: 429, metadata: { limit_source: "openrouter_free_tier_daily" } } },
    "quota_exceeded",
  ],
  ["OpenCode", 401, { type: "error", error: { type: "CreditsError", message: "m" } }, "quota_exceeded"],
  // google-gemini/gemini-cli#8437, langgenius/dify#19838: a day's and a minute's, and a wait of seconds
  ["Google, for a day", 429, { error: { code: 429, status: "RESOURCE_EXHAUSTED", details: DAY } }, "quota_exceeded"],
  ["a reseller", 400, { error: { type: "insufficient_balance", code: "insufficient_balance" } }, "quota_exceeded"],
  // OpenRouterTeam/docs, api_reference/limits.mdx
  [
    "OpenRouter's credits",
    402,
    { error: { code: 402, metadata: { limit_source: "openrouter_credits" } } },
    "quota_exceeded",
  ],
  [
    "OpenRouter's budget",
    403,
    { error: { code: 403, metadata: { limit_source: "openrouter_workspace_budget" } } },
    "quota_exceeded",
  ],
  [
    "OpenRouter, while calls are in flight",
    402,
    {
      error: {
        code: 402,
        metadata: { reason: "in_flight_budget_exhausted", limit_source: "openrouter_in_flight_budget" },
      },
    },
    "rate_limited",
  ],
  [
    "OpenRouter, for one request",
    402,
    { error: { code: 402, metadata: { reason: "weight_exceeds_budget", limit_source: "openrouter_credits" } } },
    "request_too_large",
  ],
  // google-gemini/gemini-cli#29425, liuw1535/antigravity2api-nodejs#44
  [
    "Google's plans",
    429,
    { error: { code: 429, status: "RESOURCE_EXHAUSTED", details: [{ reason: "QUOTA_EXHAUSTED" }] } },
    "quota_exceeded",
  ],
  // modelscope/modelscope#1691, veniceai/api-docs#149
  ["MiniMax", 429, { error: { http_code: "429", type: "insufficient_balance_error" } }, "quota_exceeded"],
  ["Venice", 402, { code: "INSUFFICIENT_BALANCE", error: "m" }, "quota_exceeded"],
  ["FastAPI's detail", 403, { detail: { code: "insufficient_credits", message: "m" } }, "quota_exceeded"],
  // RooCodeInc/Roo-Code#3883: a proxy has put Google's whole body into its message
  [
    "Google behind a proxy, for a day",
    429,
    { error: { code: 429, status: "Too Many Requests", message: JSON.stringify({ error: { details: DAY } }) } },
    "quota_exceeded",
  ],
  // can1357/oh-my-pi#8476; https://help.aliyun.com/en/model-studio/rate-limit
  ["DashScope, for a minute", 429, alibaba("#token-limit"), "rate_limited"],
  ["DashScope, without a link", 429, alibaba(""), "quota_exceeded"],
  // https://docs.z.ai/api-reference/api-code: a plan's hours, weeks and end; https://www.volcengine.com/docs/82379/1299023
  ["z.ai's plan", 429, { error: { code: "1308", message: "m" } }, "quota_exceeded"],
  ["z.ai's plan, for a week", 429, { error: { code: "1310", message: "m" } }, "quota_exceeded"],
  ["z.ai, for a moment", 429, { error: { code: "1302", message: "m" } }, "rate_limited"],
  ["Volcengine's plan", 429, { error: { code: "AccountQuotaExceeded", type: "TooManyRequests" } }, "quota_exceeded"],
  ["Volcengine's own limit", 429, { error: { code: "SetLimitExceeded", type: "TooManyRequests" } }, "quota_exceeded"],
  // Codes of Hunyuan in Tencent Cloud's SDK; langchain4j's WatsonxException
  [
    "Tencent",
    400,
    { error: { code: "FailedOperation.FreeResourcePackExhausted", type: "runtime_error" } },
    "quota_exceeded",
  ],
  ["Tencent's bill", 400, { error: { code: "ResourceInsufficient.ChargeResourceExhaust" } }, "quota_exceeded"],
  ["Tencent's balance", 400, { error: { code: "ResourceUnavailable.LowBalance" } }, "quota_exceeded"],
  ["watsonx", 403, { errors: [{ code: "token_quota_reached", message: "m" }], trace: "t" }, "quota_exceeded"],
  ["watsonx, for a minute", 429, { errors: [{ code: "consumption_limit_reached" }], trace: "t" }, "rate_limited"],
  // https://console.groq.com/docs/spend-limits; reported of Novita and of Vercel's gateway
  ["Groq", 400, { error: { type: "invalid_request_error", code: "blocked_api_access" } }, "quota_exceeded"],
  ["Novita", 403, { code: 403, reason: "NOT_ENOUGH_BALANCE", message: "m", metadata: {} }, "quota_exceeded"],
  ["Vercel", 403, { error: { type: "customer_verification_required", message: "m" } }, "quota_exceeded"],
  ["OpenCode's month", 401, { type: "error", error: { type: "MonthlyLimitError", message: "m" } }, "quota_exceeded"],
  ["a code in the place of an error", 403, { error: "insufficient_credits", message: "m" }, "quota_exceeded"],
  ["the same in words", 403, { error: "Insufficient credits to say so", message: "m" }, "invalid_input"],
  // https://platform.openai.com/docs/guides/flex-processing: no room, and nothing is charged
  ["OpenAI's flex tier", 429, { error: { code: "resource_unavailable" } }, "rate_limited"],
  ["Google, for a minute", 429, { error: { code: 429, status: "RESOURCE_EXHAUSTED" } }, "rate_limited"],
])("P50 %s (%i): what is spent is told from what passes", ([, status, body, verdict]) => {
  expect(judged(refusalIn({ body, status }))).toBe(verdict);
});

/** smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html; docs.aws.amazon.com/apigateway: gateway responses, and Bedrock's errors. */
test.for<[number, string, Verdict]>([
  [429, "TooManyRequestsException", "rate_limited"],
  [429, "LimitExceededException", "quota_exceeded"],
  [400, "ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral.availability/", "rate_limited"],
  [400, "ServiceQuotaExceededException", "quota_exceeded"],
  [403, "UnrecognizedClientException", "authentication"],
  [403, "MissingAuthenticationTokenException", "authentication"],
  [403, "ExpiredTokenException", "authentication"],
  [403, "ForbiddenException", "invalid_input"],
  [400, "ValidationException", "invalid_input"],
])("P50 a status of %i and Amazon's %s", ([status, name, verdict]) => {
  const body = { message: "m" };
  expect(judged(refusalIn({ body, status, headers: new Headers({ "x-amzn-errortype": name }) }))).toBe(verdict);
  const older = { ...body, __type: `com.amazonaws.bedrock#${name.replace(/:.*/, "")}` };
  expect(judged(refusalIn({ body: older, status }))).toBe(verdict);
});

test.for<[number, object, Verdict]>([
  // huggingface/text-embeddings-inference#662
  [429, { message: "Model is overloaded", code: 429, type: "Overloaded" }, "rate_limited"],
  [429, { error: { code: "server_is_overloaded" } }, "rate_limited"],
  // https://developers.openai.com/api/docs/guides/error-codes
  [503, { error: { code: "server_is_overloaded" } }, "provider_error"],
  [400, { error: { code: "server_is_overloaded" } }, "provider_error"],
])("P43 a status of %s whose code says that the server is overloaded", ([status, body, verdict]) => {
  expect(judged(refusalIn({ body, status }))).toBe(verdict);
});

test("a provider's own rows come first", () => {
  const dialect: Dialect = {
    ...TERN,
    statuses: { 498: "invalid_input", 501: "invalid_argument" },
    codes: [
      [/^text_too_long$/, "invalid_input"],
      [/^slow_down$/, "quota_exceeded"],
    ],
  };
  expect(judged({ status: 498 }, dialect)).toBe("invalid_input");
  expect(judged({ status: 501 }, dialect)).toBe("invalid_argument");
  expect(judged({ status: 500, code: "text_too_long" }, dialect)).toBe("invalid_input");
  expect(judged({ status: 429, code: "slow_down" }, dialect)).toBe("quota_exceeded");
  expect(judged({ status: 429 }, dialect)).toBe("rate_limited");
});

test("whose fault it is follows from the parameter: an input's, or what all requests have in common", () => {
  const blame: Blame = { owns: (param) => param.startsWith("texts") };
  const at = (param?: string): Verdict => judged({ status: 400, param }, TERN, blame);
  expect([at("texts[3]"), at("dimensions"), at()]).toEqual(["invalid_input", "invalid_argument", "invalid_input"]);
  expect(judged({ status: 400, code: "invalid_image_url", param: "url" }, TERN, blame)).toBe("invalid_input");
});

test("a request without inputs has none to blame", () => {
  for (const refusal of [{ status: 400 }, { status: 422, param: "texts" }, { status: 400, code: "invalid_prompt" }]) {
    expect(judged(refusal, TERN, {})).toBe("invalid_argument");
  }
});

test("x-should-retry: true is heeded where status and code say nothing", () => {
  const headers = new Headers({ "x-should-retry": "true" });
  expect(judged({ status: 400, headers })).toBe("provider_error");
  expect(judged({ status: 401, headers })).toBe("authentication");
  expect(judged({ status: 500, headers: new Headers({ "x-should-retry": "false" }) })).toBe("provider_error");
});

// learn.microsoft.com, API Management: quota; docs.github.com: rate limits of the REST API
test("P50 a 403 that says how long to wait is a limit's, unless a code says otherwise", () => {
  const headers = new Headers({ "retry-after": "754" });
  expect(judged({ status: 403, headers })).toBe("rate_limited");
  expect(judged({ status: 403, headers, code: "invalid_api_key" })).toBe("authentication");
  expect(judged({ status: 403, headers: new Headers({ "retry-after": "0" }) })).toBe("invalid_input");
  expect(judged({ status: 400, headers })).toBe("invalid_input");
});

// https://www.rfc-editor.org/rfc/rfc9457#section-3.1.1
test("P30 an address in the place of a code is no code: its words are not looked at", () => {
  const at = (type: string): Verdict => judged(refusalIn({ body: { type, title: "m" }, status: 429 }));
  expect(at("https://docs.example.com/auth/billing/errors")).toBe("rate_limited");
  expect(at("https://docs.example.com/errors/insufficient-quota")).toBe("quota_exceeded");
});

test("P37 a request that a whole minute's tokens do not suffice for is too large", () => {
  const dialect: Dialect = { ...TERN, limits: xRateLimits };
  const headers = (remaining: string): Headers =>
    new Headers({ "x-ratelimit-limit-tokens": "100", "x-ratelimit-remaining-tokens": remaining });
  expect(judged({ status: 429, type: "tokens", headers: headers("100") }, dialect)).toBe("request_too_large");
  expect(judged({ status: 429, type: "tokens", headers: headers("99") }, dialect)).toBe("rate_limited");
  expect(judged({ status: 429, type: "requests", headers: headers("100") }, dialect)).toBe("rate_limited");
  expect(judged({ status: 429, type: "tokens", headers: headers("100") })).toBe("rate_limited");
});

test("what passes may be tried again", () => {
  const passing: Verdict[] = ["rate_limited", "provider_error"];
  const lasting: Verdict[] = ["authentication", "quota_exceeded", "request_too_large", "invalid_input"];
  expect(passing.every(isPassing)).toBe(true);
  expect(lasting.some(isPassing)).toBe(false);
});

test("P28 refused calls cost nothing; what failed on the way may have been counted", () => {
  expect([400, 401, 402, 403, 404, 413, 422, 429].every(isFree)).toBe(true);
  expect([undefined, 200, 408, 409, 424, 499, 500, 503].some(isFree)).toBe(false);
});
