export { identifyingOptions, isSecret, type Properties, propertiesOf, withDefaults } from "./adapter-options.ts";
export { type InstalledPlugin, listAdapters } from "./list-adapters.ts";
export { loadAdapter, type LoadAdapterOptions, type LoadedAdapter } from "./load-adapter.ts";
export type { From } from "./places.ts";
