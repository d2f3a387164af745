import { type Cohere, CohereClientV2 } from "cohere-ai";

/** The SDK's own reading of chat's answers, for one that did not come over its wire. */
export function chatResponseIn(body: object): Promise<Cohere.V2ChatResponse> {
  const { headers, redirected, status, statusText, type, url } = new Response();
  const rawResponse = { headers, redirected, status, statusText, type, url };
  const reader = new CohereClientV2({
    token: "",
    environment: "https://never.invalid",
    fetcher: (async () => ({ ok: true, body, rawResponse })) as NonNullable<
      ConstructorParameters<typeof CohereClientV2>[0]["fetcher"]
    >,
  });
  return reader.chat({ model: "", messages: [] });
}
