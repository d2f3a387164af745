import type { UserConfig } from "tsdown";
import { library } from "../../../scripts/library.ts";

const config: UserConfig = library({ platform: "node", target: "node22.13" });
export default config;
