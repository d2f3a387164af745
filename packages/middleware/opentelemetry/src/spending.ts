import type { CallOptions, CallReport, Price, Usage } from "@batchwise/core";
import { costOf } from "@batchwise/core/wrappers";

/** What is being handed on to an outer call, which has been counted further inside. */
let counted: Usage | undefined;

/** Whether what is being reported has been counted further inside. */
export function isCounted(usage: Usage | undefined): boolean {
  return usage !== undefined && usage === counted;
}

/** What one call says that it used, each report once, whoever else sees it. */
export class Spending {
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  cost = 0;
  requestId: string | undefined;
  /** Whether the call has reported anything that nobody inside of it has counted. */
  isOwn = false;
  readonly #price: Price | undefined;

  constructor(price: Price | undefined) {
    this.#price = price;
  }

  /** Takes a report, and hands it on to whoever the call was going to tell. */
  report(facts: CallReport, next: CallOptions["report"]): void {
    const { usage, requestId } = facts;
    if (typeof requestId === "string") this.requestId = requestId;
    if (usage !== undefined && !isCounted(usage)) this.#add(usage);
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
    this.cost += amount(usage.cost) ?? costOfUsage(usage, this.#price);
  }
}

/** As the engine counts it: a total alone is taken for input. */
function costOfUsage({ inputTokens, outputTokens, totalTokens }: Usage, price: Price | undefined): number {
  const output = amount(outputTokens) ?? 0;
  const input = amount(inputTokens) ?? Math.max(0, (amount(totalTokens) ?? 0) - output);
  return costOf(input, output, price);
}

/** P9: what is no finite number counts nothing. */
function amount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
