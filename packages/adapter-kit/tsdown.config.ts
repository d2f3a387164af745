import type { UserConfig } from "tsdown";
import { library } from "../../scripts/library.ts";

const config: UserConfig = library({ platform: "neutral", subpath: "jobs" });
export default config;
