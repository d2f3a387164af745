/**
 * Version of this contract. It changes when a Runnable, a wrapper or an adapter that was written against it would have to
 * change. A Runnable carries it under `RUNNABLE`.
 */
export const CONTRACT_VERSION = 1;

// Symbols of the global registry: two copies of the package recognize each other's objects by them, which `instanceof` cannot.

/** On every Runnable: the version of the contract that it was written against. */
export const RUNNABLE: unique symbol = Symbol.for("batchwise.runnable") as never;
/** On every Batchwise error: the names of its class and of those that the class extends. */
export const ERROR_KINDS: unique symbol = Symbol.for("batchwise.error") as never;
/** On the base class's `batch`, so that an override can be told from it. */
export const BASE_BATCH: unique symbol = Symbol.for("batchwise.base-batch") as never;
/** On a wrapper: the Runnable that it wraps and whose calls the engine makes. */
export const WRAPPED: unique symbol = Symbol.for("batchwise.wrapped") as never;
/** On a Runnable that is made of others: its stages, and what each passes on to the next. */
export const STAGES: unique symbol = Symbol.for("batchwise.stages") as never;
/** In options: the Runnable whose overridden `batch` is running, which must not be asked to run itself. */
export const INSIDE: unique symbol = Symbol.for("batchwise.inside") as never;
/** In options: marks a batch of one that is made for an `invoke`. */
export const INVOKED: unique symbol = Symbol.for("batchwise.invoked") as never;
/** In options: the slot of the call that received them. The first call of a nested batch runs on that call's permit. */
export const CALL_SLOT: unique symbol = Symbol.for("batchwise.call-slot") as never;
