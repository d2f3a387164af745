/** Limit of a quantity a period. */
export interface Bucket {
  readonly limit: number;
  /** Sum of all that has passed. */
  readonly taken: number;
  /** Takes `amount`, a whole number, if it may pass now. */
  take(amount: number, nowMs: number): boolean;
  /** Tells whether `amount` may pass now. */
  fits(amount: number, nowMs: number): boolean;
  /** Uses up to `amount` of the limit without letting anything pass. */
  penalize(amount: number, nowMs: number): void;
  /** Milliseconds until `amount` may pass; Infinity when it is more than the limit. */
  waitMs(amount: number, nowMs: number): number;
  /** Amount that could pass now, rounded down. */
  remaining(nowMs: number): number;
  /** Milliseconds until a period's worth could pass. */
  resetMs(nowMs: number): number;
  /** Share of the capacity until `nowMs` that was used. */
  use(nowMs: number): number;
}
