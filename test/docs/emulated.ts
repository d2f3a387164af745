/** Preload of a snippet: sends requests for OpenAI and Cohere to the emulator, whichever library makes them. */
const { fetch } = globalThis;
const { OPENAI_BASE_URL: openai = "", CO_API_URL: cohere = "" } = process.env;

globalThis.fetch = (input, init) =>
  typeof input === "string"
    ? fetch(input.replace("https://api.openai.com/v1", openai).replace("https://api.cohere.com", cohere), init)
    : fetch(input, init);
