import { loadTokenizer } from "../content/tokens.ts";
import type { Route } from "../server/route.ts";
import { cohere } from "./dialect.ts";
import { invalid } from "./errors.ts";
import { MAX_CHARACTERS } from "./limits.ts";
import { readBody, readModel, withMeta } from "./request.ts";

/** `POST /v1/tokenize`: real tokens, though OpenAI's. */
export const tokenize: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v1/tokenize",
  limits: ["requests"],
  poolName: () => "tokenize",
  plan(call) {
    const body = readBody(call);
    readModel(call, body);
    const text = body["text"];
    if (typeof text !== "string" || text === "" || text.length > MAX_CHARACTERS)
      throw invalid(`text must have 1 to ${MAX_CHARACTERS} characters`, call.id);
    return {
      inputs: [text],
      tokens: 0,
      nameInput: () => "text",
      async answer() {
        const tokenizer = await loadTokenizer("cl100k_base");
        const tokens = tokenizer.encode(text);
        return {
          body: JSON.stringify({
            tokens,
            token_strings: tokens.map((token) => tokenizer.decode([token])),
            ...withMeta(call, {}),
          }),
        };
      },
    };
  },
};
