import type { Graph, Value } from "./graph.ts";

/** n x s mask to n x 1 x 1 x s: 0 for a token, `masked` for padding. */
export function attentionBias(graph: Graph, mask: Value, masked: number): Value {
  const padding = graph.node("Sub", [graph.real(1), graph.node("Unsqueeze", [mask, graph.integers(1, 2)])]);
  return graph.node("Mul", [padding, graph.real(masked)]);
}

/** The mean of a text's tokens: n x s x width, with an n x s mask, to n x width. */
export function meanOf(graph: Graph, tokens: Value, mask: Value): Value {
  const axis = graph.integers(1);
  const kept = graph.node("Mul", [tokens, graph.node("Unsqueeze", [mask, graph.integers(2)])]);
  const sum = graph.node("ReduceSum", [kept, axis], { keepdims: 0 });
  return graph.node("Div", [sum, graph.node("ReduceSum", [mask, axis], { keepdims: 1 })]);
}
