// oxlint-disable-next-line import/no-unassigned-import -- styles have no exports
import "./wide.css";

export { default } from "vitepress/theme";
