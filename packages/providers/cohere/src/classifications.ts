import { ResultError } from "@batchwise/core";
import { wrongRow, wrongRows } from "./errors.ts";

/** What a text was found to be. */
export interface Classification {
  /** The most likely label; undefined where a model that gives several labels gave none. */
  readonly label: string | undefined;
  /** All labels that the model gave: one, unless it was trained to give several. */
  readonly labels: readonly string[];
  /** How sure the model is of each label it knows, from 0 to 1. */
  readonly confidences: Readonly<Record<string, number>>;
}

/**
 * A response's classifications, one for each text, in the order in which the texts were sent.
 *
 * @throws ResultError when there are more or fewer: which is whose can't be told
 */
export function classificationsIn(rows: unknown, expected: number): readonly (Classification | ResultError)[] {
  if (!Array.isArray(rows) || rows.length !== expected) {
    throw wrongRows(`${expected} classifications`, Array.isArray(rows) ? String(rows.length) : "none");
  }
  return rows.map(classificationOf);
}

function classificationOf(row: unknown, position: number): Classification | ResultError {
  const { predictions, labels } = (row ?? {}) as { predictions?: unknown; labels?: unknown };
  const areLabels = Array.isArray(predictions) && predictions.every((each) => typeof each === "string");
  if (!areLabels || typeof labels !== "object" || labels === null) {
    return wrongRow("labels with their confidences", position);
  }
  const confidences = Object.entries(labels).map(
    ([label, said]) => [label, (said as { confidence?: unknown } | null)?.confidence] as const,
  );
  if (!confidences.every((each): each is readonly [string, number] => Number.isFinite(each[1]))) {
    return wrongRow("a finite confidence with each label", position);
  }
  return { label: predictions[0], labels: predictions, confidences: Object.fromEntries(confidences) };
}
