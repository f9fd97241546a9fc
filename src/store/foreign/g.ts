import { join } from "node:path";
import type { Context } from "../../context.ts";
import { behind, type Finder, versionsIn } from "./finder.ts";

/**
 * Two tools are called g. github.com/stefanmaric/g: `~/.go/.versions/1.22.5`, and what is in the chosen one linked into
 * `~/.go`. github.com/voidint/g: `~/.g/versions/1.22.5`, and the chosen one linked to as `~/.g/go`.
 */
export const g: Finder = {
	tool: "g",
	goroots: (context) => [...versionsIn(join(linked(context), ".versions")), ...versionsIn(join(own(context), "versions"))],
	preferred: (context) => behind(join(linked(context), "bin")) ?? behind(join(own(context), "go")),
};

function linked({ userHome }: Context): string {
	return join(userHome, ".go");
}

function own({ env, userHome }: Context): string {
	return env.G_EXPERIMENTAL === "true" && env.G_HOME ? env.G_HOME : join(userHome, ".g");
}
