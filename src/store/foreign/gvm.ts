import { join } from "node:path";
import type { Context } from "../../context.ts";
import { readIfPresent } from "../../fs.ts";
import { type Finder, unlessUnreadable, versionsIn } from "./finder.ts";

/** github.com/moovweb/gvm: `gos/go1.20.4`; `gvm use --default` copies an environment to `environments/default`. */
export const gvm: Finder = {
	tool: "gvm",
	goroots: (context) => versionsIn(join(root(context), "gos")),
	preferred(context) {
		const text = unlessUnreadable(() => readIfPresent(join(root(context), "environments/default"))) ?? "";
		const name = /\bgvm_go_name="?(go[\w.]+)"?/.exec(text)?.[1];
		return name === undefined ? undefined : { goroot: join(root(context), "gos", name) };
	},
};

function root({ env, userHome }: Context): string {
	return env.GVM_ROOT || join(userHome, ".gvm");
}
