import type { CallOptions, CallReport, Price, Usage } from "@batchwise/core";
import { costOf } from "@batchwise/core/wrappers";

/** Usage that is being handed on to an outer call and has been counted further inside. */
let counted: Usage | undefined;

/** Usage that one call reports, each report once, also where calls around it are told of it. */
export class Spending {
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  cost = 0;
  requestId: string | undefined;
  /** True where the call has reported usage that is not counted further inside. */
  isOwn = false;
  readonly #price: Price | undefined;

  constructor(price: Price | undefined) {
    this.#price = price;
  }

  /** Takes a report, and hands it on. */
  report(facts: CallReport, next: CallOptions["report"]): void {
    const { usage, requestId } = facts;
    if (typeof requestId === "string") this.requestId = requestId;
    if (usage !== undefined && usage !== counted) this.#add(usage);
    const outer = counted;
    counted = usage;
    try {
      next?.(facts);
    } finally {
      counted = outer;
    }
  }

  #add(usage: Usage): void {
    this.isOwn = true;
    const input = amount(usage.inputTokens);
    const output = amount(usage.outputTokens);
    if (input !== undefined) this.inputTokens = (this.inputTokens ?? 0) + input;
    if (output !== undefined) this.outputTokens = (this.outputTokens ?? 0) + output;
    this.cost += Math.max(0, costOf(usage, this.#price));
  }
}

/** P9: only a finite number from 0 counts. */
function amount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
