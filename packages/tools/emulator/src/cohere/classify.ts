import { unitOf } from "../content/hash.ts";
import { isObject, type JsonObject } from "../content/json.ts";
import { arrangeRows } from "../faults/arrange-rows.ts";
import type { Call, Route } from "../server/route.ts";
import { cohere } from "./dialect.ts";
import { invalid, requestId } from "./errors.ts";
import { MAX_EXAMPLES, MAX_INPUTS } from "./limits.ts";
import { readBody, readModel, readTexts, withMeta } from "./request.ts";

/** Labels of a model that was given no examples. */
const MODEL_LABELS: readonly string[] = ["negative", "positive"];

/** `POST /v1/classify` */
export const classify: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v1/classify",
  limits: ["requests"],
  poolName: () => "classify",
  async plan(call) {
    const body = readBody(call);
    const inputs = readTexts(call, body["inputs"], "inputs", MAX_INPUTS);
    const empty = inputs.indexOf("");
    if (empty !== -1) throw invalid(`inputs[${empty}] must not be empty`, call.id);
    const labels = readLabels(call, body);
    const counts = await call.tokens.count(inputs, "cl100k_base", call.pace);
    return {
      inputs,
      tokens: counts.reduce((sum, count) => sum + count, 0),
      nameInput: (position) => `inputs[${position}]`,
      answer() {
        const shape = { indexed: false, vectors: false };
        const { rows, faults } = arrangeRows(inputs.length, shape, call.settings.faults, call.dice);
        return {
          body: JSON.stringify({
            id: requestId(call.id),
            classifications: rows.map((row) => classification(call, row.source, inputs[row.source] as string, labels)),
            ...withMeta(call, { classifications: inputs.length }),
          }),
          answered: rows.map((row) => row.source),
          faults,
        };
      },
    };
  },
};

/** Label whose name the text contains, else one that follows from the text. */
function classification(call: Call, position: number, input: string, labels: readonly string[]): object {
  const lower = input.toLowerCase();
  const weights = labels.map((label) => unitOf(`${label}\n${input}`) + (lower.includes(label.toLowerCase()) ? 10 : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const confidences = weights.map((weight) => weight / total);
  const confidence = Math.max(...confidences);
  const prediction = labels[confidences.indexOf(confidence)] as string;
  return {
    id: requestId(`${call.id}${position.toString(16).padStart(4, "0")}`),
    input,
    prediction,
    predictions: [prediction],
    confidence,
    confidences: [confidence],
    labels: Object.fromEntries(labels.map((label, at) => [label, { confidence: confidences[at] }])),
    classification_type: "single-label",
  };
}

/** Labels to choose from: those of the examples, two for each, or the model's. */
function readLabels(call: Call, body: JsonObject): readonly string[] {
  const examples = body["examples"];
  if (examples === undefined || examples === null) {
    readModel(call, body);
    return MODEL_LABELS;
  }
  if (!Array.isArray(examples)) throw invalid("examples must be a list", call.id);
  if (examples.length > MAX_EXAMPLES) throw invalid(`examples must be at most ${MAX_EXAMPLES}`, call.id);
  const counts = new Map<string, number>();
  for (const example of examples as readonly unknown[]) {
    const { text, label } = isObject(example) ? example : {};
    if (typeof text !== "string" || typeof label !== "string")
      throw invalid("each of examples must have a text and a label", call.id);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  if (counts.size < 2) throw invalid("examples must have at least 2 labels", call.id);
  if ([...counts.values()].some((count) => count < 2))
    throw invalid("each label must have at least 2 examples", call.id);
  return [...counts.keys()];
}
