import type { Dialect } from "@batchwise/adapter-kit";
import { rateLimitsOf } from "./headers.ts";

/**
 * Ways of My Provider in what it answers. The kit judges a refusal from status and code alone: whether to try again,
 * whether an input is to blame, whether the whole run ends. It leaves out the provider's message: that may quote an input or
 * the key.
 */
export const DIALECT: Dialect = {
  provider: "My Provider",
  key: "MY_PROVIDER_API_KEY",
  limits: rateLimitsOf,
  // TODO: codes that say more than their status does: [/^text_too_long$/, "invalid_input"].
  codes: [],
  // TODO: where a refusal's body has its code, and which input is to blame.
  refusal: ({ error }) => ({ code: error?.code, param: error?.param }),
};
