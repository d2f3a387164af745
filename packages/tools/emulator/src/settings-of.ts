import type { Behavior, ProfileName, Settings } from "./options.ts";
import { PROFILES } from "./profiles.ts";

/** Settings from options: what these leave out is the profile's, and what that leaves out the default. */
export function settingsOf(behavior: Behavior): Settings {
  const profiles = namesOf(behavior.profile).map((name) => PROFILES[name].behavior);
  const all = [...profiles, behavior];
  const merged: Behavior = Object.assign({}, ...all.map(given));
  const each = <Name extends "limits" | "quirks" | "faults" | "jobs">(name: Name): Behavior[Name] & {} =>
    Object.assign({}, ...all.map((one) => given(one[name] ?? {})));
  return {
    ...merged,
    seed: merged.seed ?? 1,
    limits: each("limits"),
    fill: merged.fill ?? 1,
    latency: merged.latency ?? {},
    headers: merged.headers ?? "openai",
    quirks: each("quirks"),
    faults: { ...each("faults"), answers: all.toReversed().flatMap(({ faults }) => faults?.answers ?? []) },
    jobs: each("jobs"),
    maxBodyBytes: merged.maxBodyBytes ?? 64 * 1024 * 1024,
    trackInputs: merged.trackInputs ?? false,
  };
}

function namesOf(profile: Behavior["profile"]): readonly ProfileName[] {
  if (profile === undefined) return [];
  return typeof profile === "string" ? [profile] : profile;
}

/** `options` without those that are undefined, which would hide a profile's. */
function given(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
