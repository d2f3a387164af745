export type { Kind, ScaffoldOptions, Strategy } from "./options.ts";
export { scaffold, type Scaffolded } from "./scaffold.ts";
export { ScaffoldError } from "./scaffold-error.ts";
