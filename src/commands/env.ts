import { hookSettings } from "../shell/hookfile.ts";
import { posixEnvironment } from "../shell/posixenvironment.ts";
import { layoutOf } from "../store/layout.ts";
import { completeShims } from "../store/shims.ts";
import type { Run } from "./command.ts";
import { exportToRunner } from "./runner.ts";
import { shellNamed } from "./shellargument.ts";
import { shellVersion } from "./shellversion.ts";

/**
 * `eval "$(gox env 1.22)"`, for scripts that no start-up file reaches. Without --shell the statements are ones that sh,
 * bash, zsh and fish all understand: which of them runs a script can't be told from SHELL. With --ci the later steps of a
 * CI job get them, where its runner has files for that; elsewhere it prints them all the same. Never GOROOT.
 */
export const run: Run = ({ context, report, args: [word], options }) => {
	const settings = hookSettings(context);
	const { shims } = layoutOf(context.home);
	const name = options.text("shell");
	const statements = name === undefined ? posixEnvironment : shellNamed(name);
	const version = word === undefined ? undefined : shellVersion(context, word);
	const ci = options.has("ci");
	const variables = {
		...((ci || !settings.isDefaultHome) && { GOX_HOME: context.home }),
		...(version !== undefined && { GOX_VERSION: version }),
	};
	if (ci) completeShims(context);
	const runner = ci ? exportToRunner(context, shims, variables) : undefined;
	if (report.asJson) {
		const inForce = version ?? context.env.GOX_VERSION ?? null;
		report.json({ GOX_HOME: context.home, shims, GOX_VERSION: inForce, ...(runner && { written: runner.written }) });
		return undefined;
	}
	for (const path of runner?.written ?? []) report.say(`written to ${path}, for the steps that follow`);
	if (variables.GOX_HOME !== undefined && !runner?.hasVariables) report.line(statements.exporting("GOX_HOME", context.home));
	if (!runner?.hasPath) report.line(statements.prepending(shims));
	if (version !== undefined && !runner?.hasVariables) report.line(statements.exporting("GOX_VERSION", version));
	return undefined;
};
