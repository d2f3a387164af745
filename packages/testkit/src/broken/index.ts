import type { MakeRunnable } from "../exemplars.ts";
import type { LawNumber } from "../law-number.ts";
import {
  DeafToAbort,
  FailsTogether,
  FansOut,
  ForgetsBulk,
  MissesUndefined,
  NeverCounts,
  QueueGoesOn,
  ReadsEverything,
} from "./calls.ts";
import { KeepsTheSignal, KeepsTheUsage, QuotesInputs, TriesAgain } from "./manners.ts";
import {
  CollectsAsTheyCome,
  CutsInputs,
  DropsFailures,
  FindsSlotsByInput,
  SendsNothing,
  TreatsOneDifferently,
} from "./orders.ts";

/**
 * Runnables that break the laws, one for each, in the way that is met most often: a law that nothing can break is not a
 * law. Each is a Runnable from texts to texts on a scripted backend.
 */
export const brokenRunnables: Readonly<Record<LawNumber, MakeRunnable>> = {
  L1: (backend) => new DropsFailures(backend),
  L2: (backend) => new CollectsAsTheyCome(backend),
  L3: (backend) => new SendsNothing(backend),
  L4: (backend) => new TreatsOneDifferently(backend),
  L5: (backend) => new FindsSlotsByInput(backend),
  L6: (backend) => new FailsTogether(backend),
  L7: (backend) => new DeafToAbort(backend),
  L8: (backend) => new FansOut(backend),
  L9: (backend) => new CutsInputs(backend),
  L10: (backend) => new ForgetsBulk(backend),
  L11: (backend) => new ReadsEverything(backend),
  L12: (backend) => new QueueGoesOn(backend),
  L13: (backend) => new NeverCounts(backend),
  L14: (backend) => new MissesUndefined(backend),
  L15: (backend) => new KeepsTheSignal(backend),
  L16: (backend) => new TriesAgain(backend),
  L17: (backend) => new QuotesInputs(backend),
  L18: (backend) => new KeepsTheUsage(backend),
};
