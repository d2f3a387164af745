// Says why the first start is silent for a while. Runs on the Node that is there, before anything is installed.
import { existsSync } from "node:fs";

if (!existsSync(new URL("../node_modules", import.meta.url))) {
  console.error(
    "Installing the packages of this repository. Only the first start does, and it may take half a minute.",
  );
}
