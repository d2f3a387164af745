import { testWorlds } from "./test-worlds.ts";
import { WORLDS } from "./worlds.ts";

testWorlds("providers with limits", Object.entries(WORLDS).slice(0, 13));
