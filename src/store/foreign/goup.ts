import { join } from "node:path";
import type { Context } from "../../context.ts";
import { behind, type Finder, versionsIn } from "./finder.ts";

/** github.com/owenthereal/goup: `~/.go/go1.22.5`, the chosen one linked to as `~/.go/current`; others use `~/.goup`. */
export const goup: Finder = {
	tool: "goup",
	goroots: ({ userHome }: Context) => [
		...versionsIn(join(userHome, ".go")),
		...versionsIn(join(userHome, ".goup")),
		...versionsIn(join(userHome, ".goup/versions")),
	],
	preferred: ({ userHome }: Context) => behind(join(userHome, ".go/current")) ?? behind(join(userHome, ".goup/current")),
};
