import { GoxError, quote } from "../errors.ts";
import type { Run } from "./command.ts";

/** `gox tools`: each action in a module of its own. */
export const run: Run = async (invocation) => {
	const [action = "list", ...names] = invocation.args;
	const { options } = invocation;
	if (options.has("all") && action !== "rebuild")
		throw new GoxError("usage", "tools: --all is for rebuild", { hint: "gox tools rebuild --all" });
	if (options.has("dryRun") && action !== "rebuild" && action !== "upgrade")
		throw new GoxError("usage", "tools: --dry-run is for upgrade and rebuild", { hint: "gox tools rebuild --dry-run" });
	switch (action) {
		case "list":
			return (await import("./toolslist.ts")).list(invocation, names);
		case "upgrade":
		case "rebuild":
			return (await import("./toolsbuild.ts")).build(invocation, action, names);
		case "default":
			return (await import("./toolsdefault.ts")).defaults(invocation, names);
		default:
			throw new GoxError("usage", `tools can't ${quote(action)}`, {
				hint: "gox tools\ngox tools upgrade\ngox tools rebuild\ngox tools default",
			});
	}
};
