import { join } from "node:path";
import type { Context } from "../../context.ts";
import { type Finder, firstLine, versionsIn } from "./finder.ts";

/** github.com/go-nv/goenv: `versions/1.22.5`; `goenv global` writes `version`. */
export const goenv: Finder = {
	tool: "goenv",
	goroots: (context) => versionsIn(join(root(context), "versions")),
	preferred(context) {
		const word = firstLine(join(root(context), "version"));
		return word === undefined ? undefined : { word };
	},
};

function root({ env, userHome }: Context): string {
	return env.GOENV_ROOT || join(userHome, ".goenv");
}
