/** Form of vectors in JSONL. */
export type VectorForm = (typeof VECTOR_FORMS)[number];

export const VECTOR_FORMS = ["numbers", "base64"] as const;
