export { amount, wholeNumber } from "./flag-values.ts";
export { confirm, type Dialog } from "./confirm.ts";
export { listing } from "./listing.ts";
export { nearest } from "./nearest.ts";
export { ignoreInterrupts, type Interrupts, listenForInterrupts } from "./interrupts.ts";
export { count, counted, dollars, duration } from "./numbers.ts";
export { openProgress, type Output, type ProgressView, type Standing } from "./progress.ts";
