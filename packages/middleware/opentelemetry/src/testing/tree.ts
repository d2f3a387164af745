import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/** Spans as lines, each indented below its parent, in the order of their starts. */
export function tree(spans: readonly ReadableSpan[]): string[] {
  const known = new Set(spans.map((span) => span.spanContext().spanId));
  const lines: string[] = [];
  const add = (parent: string | undefined, depth: number): void => {
    const children = spans.filter((span) => parentOf(span, known) === parent);
    for (const span of children.toSorted((one, other) => startOf(one) - startOf(other))) {
      lines.push("  ".repeat(depth) + span.name);
      add(span.spanContext().spanId, depth + 1);
    }
  };
  add(undefined, 0);
  return lines;
}

/** Undefined where it is not among these spans. */
function parentOf({ parentSpanContext }: ReadableSpan, known: ReadonlySet<string>): string | undefined {
  return parentSpanContext !== undefined && known.has(parentSpanContext.spanId) ? parentSpanContext.spanId : undefined;
}

function startOf({ startTime: [seconds, nanoseconds] }: ReadableSpan): number {
  return seconds * 1000 + nanoseconds / 1e6;
}
