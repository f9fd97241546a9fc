import { join } from "node:path";
import type { Context } from "../../context.ts";
import { readIfPresent } from "../../fs.ts";
import { type Finder, unlessUnreadable, versionsIn } from "./finder.ts";
import { goInMiseToml } from "./misetoml.ts";

/** mise.jdx.dev: `installs/go/1.22.5`, beside symlinks such as `1.22` and `latest`; the default is the global config's. */
export const mise: Finder = {
	tool: "mise",
	goroots: (context) =>
		versionsIn(join(data(context), "mise/installs/go")).concat(versionsIn(join(data(context), "rtx/installs/go"))),
	preferred({ env, userHome }) {
		const file = env.MISE_GLOBAL_CONFIG_FILE || join(env.XDG_CONFIG_HOME || join(userHome, ".config"), "mise/config.toml");
		const word = goInMiseToml(unlessUnreadable(() => readIfPresent(file)) ?? "");
		return word === undefined ? undefined : { word };
	},
};

function data({ env, userHome }: Context): string {
	if (env.MISE_DATA_DIR) return join(env.MISE_DATA_DIR, "..");
	return env.XDG_DATA_HOME || join(userHome, ".local/share");
}
