export { type Emulator, startEmulator } from "./emulator.ts";
export type { EmulatorClock } from "./clock.ts";
export { hashText } from "./content/hash.ts";
export type { ReplyRequest } from "./content/reply.ts";
export type { CountTokens } from "./content/tokens.ts";
export type { ScriptedAnswer } from "./faults/scripted-answer.ts";
export type { RowFlaw, ScriptedRow } from "./faults/scripted-row.ts";
export type { Jobs } from "./jobs/options.ts";
export type {
  Behavior,
  EmulatorOptions,
  ErrorStyle,
  Faults,
  HeaderStyle,
  Latency,
  Limits,
  ProfileName,
  Quirks,
} from "./options.ts";
export { PROFILE_NAMES } from "./profiles.ts";
export type { EmulatorStats, FaultName, InputCount, JobCounts } from "./stats.ts";
