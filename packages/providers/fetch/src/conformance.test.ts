import { conformance } from "@batchwise/testkit";
import { serve } from "./fixtures/serve.ts";
import { Fetcher, type FetchInput } from "./index.ts";

await conformance({
  name: "Fetcher",
  inputs: [1, 2, 3, 4, 5, 6].map((each): FetchInput => `https://example.com/${each}`),
  answer: (url): unknown => ({ url }),
  create: ({ backend, clock }) => new Fetcher({ fetch: serve(backend), clock }),
  emptyAnswers: [null, 0, "", false],
  skip: { L18: "HTTP tells no usage" },
});
