import { join } from "node:path";
import { behind, type Finder, versionsIn } from "./finder.ts";

/** github.com/stefanmaric/g: `~/.go/.versions/1.22.5`, and what is in the chosen one linked into `~/.go`. */
export const g: Finder = {
	tool: "g",
	goroots: ({ userHome }) => versionsIn(join(userHome, ".go/.versions")),
	preferred: ({ userHome }) => behind(join(userHome, ".go/bin")),
};

/** Another tool called g, github.com/voidint/g: `~/.g/versions/1.22.5`, and the chosen one linked to as `~/.g/go`. */
export const voidintG: Finder = {
	tool: "g",
	goroots: (context) => versionsIn(join(own(context), "versions")),
	preferred: (context) => behind(join(own(context), "go")),
};

function own({ env, userHome }: Parameters<Finder["goroots"]>[0]): string {
	return env.G_EXPERIMENTAL === "true" && env.G_HOME ? env.G_HOME : join(userHome, ".g");
}
