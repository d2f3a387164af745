import { partText } from "../content/chat.ts";
import { unitOf } from "../content/hash.ts";
import { isObject, type JsonObject } from "../content/json.ts";
import { arrangeRows } from "../faults/arrange-rows.ts";
import type { Route } from "../server/route.ts";
import { openai } from "./dialect.ts";
import { invalid, missing } from "./errors.ts";
import { MAX_IMAGES } from "./limits.ts";
import { readModel } from "./models.ts";
import { readBody } from "./request.ts";

const DEFAULT_MODEL = "omni-moderation-latest";

/** Categories, each with true when it applies to images too. */
const CATEGORIES: Readonly<Record<string, boolean>> = {
  harassment: false,
  "harassment/threatening": false,
  hate: false,
  "hate/threatening": false,
  illicit: false,
  "illicit/violent": false,
  "self-harm": true,
  "self-harm/instructions": true,
  "self-harm/intent": true,
  sexual: true,
  "sexual/minors": false,
  violence: true,
  "violence/graphic": true,
};

/** `POST /v1/moderations` */
export const moderations: Route = {
  dialect: openai,
  method: "POST",
  path: "/v1/moderations",
  limits: ["requests", "tokens"],
  poolName: ({ body }) => (isObject(body) && typeof body["model"] === "string" ? body["model"] : DEFAULT_MODEL),
  async plan(call) {
    const body = readBody(call);
    const model = readModel(call, { ...body, model: body["model"] ?? DEFAULT_MODEL });
    const { texts, kind } = readInput(body["input"]);
    const counts = await call.tokens.count(texts, "o200k_base", call.pace);
    return {
      inputs: texts,
      tokens: counts.reduce((sum, count) => sum + count, 0),
      nameInput: (position) => (kind === "list" ? `input[${position}]` : "input"),
      answer() {
        const { rows, faults } = arrangeRows(
          texts.length,
          { indexed: false, vectors: false },
          call.settings.faults,
          call.dice,
        );
        return {
          body: JSON.stringify({
            id: `modr-${call.id}`,
            model,
            results: rows.map((row) => judge(texts[row.source] as string, kind === "parts")),
          }),
          answered: rows.map((row) => row.source),
          faults,
        };
      },
    };
  },
};

/** Flags a text with each category whose name it contains. */
function judge(text: string, hasParts: boolean): object {
  const lower = text.toLowerCase();
  const scores = Object.keys(CATEGORIES).map((category): [string, number] => [
    category,
    (lower.includes(category) ? 0.9 : 0) + unitOf(`${category} ${text}`) / 100,
  ]);
  return {
    flagged: scores.some(([, score]) => score > 0.5),
    categories: Object.fromEntries(scores.map(([category, score]) => [category, score > 0.5])),
    category_scores: Object.fromEntries(scores),
    category_applied_input_types: Object.fromEntries(
      Object.entries(CATEGORIES).map(([category, image]) => [
        category,
        hasParts && image ? ["text", "image"] : ["text"],
      ]),
    ),
  };
}

interface Input {
  readonly texts: readonly string[];
  /** Parts (of text and image) are one input. */
  readonly kind: "text" | "list" | "parts";
}

function readInput(input: unknown): Input {
  if (input === undefined || input === null) throw missing("input");
  if (typeof input === "string") return { texts: [input], kind: "text" };
  if (!Array.isArray(input) || input.length === 0)
    throw invalid("Invalid 'input': expected a string, or an array that is not empty.", "input", "invalid_type");
  if (input.every((each) => typeof each === "string")) return { texts: input, kind: "list" };
  if (!input.every((part) => isObject(part) && (part["type"] === "text" || part["type"] === "image_url")))
    throw invalid("Invalid 'input': expected strings, or parts of text and image.", "input", "invalid_type");
  const parts = input as JsonObject[];
  const images = parts.filter((part) => part["type"] === "image_url").length;
  if (images > MAX_IMAGES)
    throw invalid(`Number of images (${images}) exceeds maximum of ${MAX_IMAGES}`, "input", "too_many_images");
  return { texts: [parts.map(partText).join("\n")], kind: "parts" };
}
