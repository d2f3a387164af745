import { testWorlds } from "./test-worlds.ts";
import { WORLDS } from "./worlds.ts";

testWorlds(
  "P55 the size of requests and their number in flight: providers with limits",
  Object.entries(WORLDS).slice(0, 13),
);
