import { fieldsOf } from "@batchwise/adapter-kit";

/**
 * Tells whether a chain has one language model, and ends with a parser of its JSON: the model is told in its prompt alone
 * what is wanted.
 */
export function takesJson(theirs: object): boolean {
  const steps = (theirs as { readonly steps?: unknown }).steps;
  if (!Array.isArray(steps)) return false;
  return steps.filter(isModel).length === 1 && PARSERS.has(nameOf(steps.at(-1)));
}

/** LangChain's names of the parsers that read a text as JSON. */
const PARSERS: ReadonlySet<unknown> = new Set([
  "JsonOutputParser",
  "StructuredOutputParser",
  "JsonMarkdownStructuredOutputParser",
  "StandardSchemaOutputParser",
]);

function nameOf(step: unknown): unknown {
  const { lc_name: name } = ((step as object | undefined)?.constructor ?? {}) as { readonly lc_name?: () => unknown };
  return name?.();
}

function isModel(step: unknown): boolean {
  const fields = fieldsOf(step);
  return typeof fields?.["_llmType"] === "function" || typeof fieldsOf(fields?.["bound"])?.["_llmType"] === "function";
}
