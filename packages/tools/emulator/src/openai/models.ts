import type { JsonObject } from "../content/json.ts";
import type { Call, Route } from "../server/route.ts";
import { openai } from "./dialect.ts";
import { invalid, refuse } from "./errors.ts";

/** Vectors of an embedding model. */
interface EmbeddingModel {
  readonly dimensions: number;
  /** Length of the longest vector that a request may ask for. */
  readonly mostDimensions: number;
  /** True when a request may ask for a length. */
  readonly shortens: boolean;
}

const EMBEDDING_MODELS: Readonly<Record<string, EmbeddingModel>> = {
  "text-embedding-3-small": { dimensions: 1536, mostDimensions: 1536, shortens: true },
  "text-embedding-3-large": { dimensions: 3072, mostDimensions: 3072, shortens: true },
  "text-embedding-ada-002": { dimensions: 1536, mostDimensions: 1536, shortens: false },
};
/** Model of another server: most have vectors of about this length. */
const UNKNOWN_MODEL: EmbeddingModel = { dimensions: 1536, mostDimensions: 4096, shortens: true };

/** Models that are listed by default. */
const LISTED: readonly string[] = [...Object.keys(EMBEDDING_MODELS), "gpt-5-mini", "omni-moderation-latest"];

export function embeddingModel(name: string): EmbeddingModel {
  return Object.hasOwn(EMBEDDING_MODELS, name) ? (EMBEDDING_MODELS[name] as EmbeddingModel) : UNKNOWN_MODEL;
}

/** Model that a request names. @throws Refusal when it names none or an unknown one */
export function readModel(call: Call, body: JsonObject): string {
  const model = body["model"];
  if (model === undefined || model === null) throw invalid("You must provide a model parameter.");
  if (typeof model !== "string" || model === "")
    throw invalid("Invalid type for 'model': expected a string that is not empty.", "model", "invalid_type");
  assertModel(call, model);
  return model;
}

function assertModel(call: Call, model: string): void {
  if (call.settings.models !== undefined && !call.settings.models.includes(model)) {
    throw refuse(404, {
      message: `The model '${model}' does not exist or you do not have access to it.`,
      code: "model_not_found",
    });
  }
}

/** `GET /v1/models` */
export const listModels: Route = {
  dialect: openai,
  method: "GET",
  path: "/v1/models",
  plan: ({ settings }) => ({
    inputs: [],
    tokens: 0,
    nameInput: String,
    answer: () => ({ body: JSON.stringify({ object: "list", data: (settings.models ?? LISTED).map(describe) }) }),
  }),
};

/** `GET /v1/models/:model` */
export const retrieveModel: Route = {
  dialect: openai,
  method: "GET",
  path: "/v1/models/:model",
  plan: (call) => {
    const model = call.parameters["model"] as string;
    assertModel(call, model);
    return { inputs: [], tokens: 0, nameInput: String, answer: () => ({ body: JSON.stringify(describe(model)) }) };
  },
};

function describe(id: string): object {
  return { id, object: "model", created: 1_700_000_000, owned_by: "emulator" };
}
