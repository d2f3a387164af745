import { checkAll, OPTIONS, SETTINGS } from "../../contract/option-checks.ts";
import type { CallOptions } from "../../contract/call.ts";
import type { BatchOptions, RunnableSettings } from "../../contract/runnable.ts";

/**
 * Holds every option against what it takes, and returns those that are the adapter's own.
 * Inside of another batch's call unknown names pass: the outer adapter's call options come along.
 *
 * @throws ArgumentError that names the option, what it takes and what was given.
 */
export function checkOptions(options: BatchOptions, own: readonly string[] = [], nested: boolean = false): CallOptions {
  const callOptions: Record<string, unknown> = {};
  checkAll("options", options, OPTIONS, own, (name, value) => {
    if (!nested && !own.includes(name)) return false;
    callOptions[name] = value;
    return true;
  });
  return callOptions;
}

/** Settings that have been found good: those of a Runnable are the same object in every batch. */
const checked = new WeakSet<object>();

/**
 * Holds a Runnable's settings against what each takes, and returns them.
 *
 * @throws ArgumentError that names the setting, what it takes and what was given.
 */
export function checkSettings<Settings extends RunnableSettings>(settings: Settings): Settings {
  if (!checked.has(settings)) checkAll("settings", settings, SETTINGS);
  checked.add(settings);
  return settings;
}
