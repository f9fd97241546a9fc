import { hookSettings } from "../shell/hookfile.ts";
import { posixEnvironment } from "../shell/posixenvironment.ts";
import { layoutOf } from "../store/layout.ts";
import type { Run } from "./command.ts";
import { shellNamed } from "./shellargument.ts";
import { shellVersion } from "./shellversion.ts";

/**
 * `eval "$(gox env 1.22)"`, for scripts that no start-up file reaches. Without --shell the statements are ones that sh,
 * bash, zsh and fish all understand: which of them runs a script can't be told from SHELL.
 */
export const run: Run = ({ context, report, args: [word], options }) => {
	const settings = hookSettings(context);
	const { shims } = layoutOf(context.home);
	const name = options.text("shell");
	const statements = name === undefined ? posixEnvironment : shellNamed(name);
	const version = word === undefined ? undefined : shellVersion(context, word);
	if (report.asJson) {
		report.json({ GOX_HOME: context.home, shims, GOX_VERSION: version ?? context.env.GOX_VERSION ?? null });
		return undefined;
	}
	if (!settings.isDefaultHome) report.line(statements.exporting("GOX_HOME", context.home));
	report.line(statements.prepending(shims));
	if (version !== undefined) report.line(statements.exporting("GOX_VERSION", version));
	return undefined;
};
