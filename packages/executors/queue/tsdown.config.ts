import type { UserConfig } from "tsdown";
import { library } from "../../../scripts/library.ts";

const config: UserConfig = library({ platform: "node", beside: "main" });
export default config;
