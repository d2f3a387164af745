import { streamByHand } from "../floor.ts";
import type { StreamContender } from "./stream-contender.ts";

export const contenders: readonly StreamContender[] = [
  { name: "hand-written generator", package: undefined, survives: true, run: streamByHand },
];
