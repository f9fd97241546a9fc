import { join } from "node:path";
import type { Context } from "../../context.ts";
import { readIfPresent } from "../../fs.ts";
import { type Finder, unlessUnreadable, versionsIn } from "./finder.ts";

/** github.com/asdf-community/asdf-golang: `installs/golang/1.22.5/go`; the default is the home directory's .tool-versions. */
export const asdf: Finder = {
	tool: "asdf",
	goroots: (context) => ["golang", "go"].flatMap((plugin) => versionsIn(join(root(context), "installs", plugin), "go")),
	preferred({ env, userHome }) {
		const file = env.ASDF_DEFAULT_TOOL_VERSIONS_FILENAME || ".tool-versions";
		const text = unlessUnreadable(() => readIfPresent(join(userHome, file))) ?? "";
		const word = /^[ \t]*(?:golang|go)[ \t]+([^\s#]+)/m.exec(text)?.[1];
		return word === undefined ? undefined : { word };
	},
};

function root({ env, userHome }: Context): string {
	return env.ASDF_DATA_DIR || join(userHome, ".asdf");
}
