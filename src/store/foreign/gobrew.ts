import { join } from "node:path";
import type { Context } from "../../context.ts";
import { behind, type Finder, versionsIn } from "./finder.ts";

/** github.com/kevincobain2000/gobrew: `versions/1.22.5/go`; `current/go` and `current/bin` are symlinks. */
export const gobrew: Finder = {
	tool: "gobrew",
	goroots: (context) => versionsIn(join(root(context), "versions"), "go"),
	preferred: (context) => behind(join(root(context), "current/go")) ?? behind(join(root(context), "current/bin")),
};

function root({ env, userHome }: Context): string {
	return join(env.GOBREW_ROOT || userHome, ".gobrew");
}
