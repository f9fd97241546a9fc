import type { Context } from "../context.ts";
import type { Chosen } from "../releases/catalog.ts";
import type { SourceChoice } from "../store/acquire.ts";
import type { InstallOutcome } from "../store/install.ts";
import type { Progress } from "../ui/progress.ts";
import type { Report } from "../ui/report.ts";
import type { Options } from "./command.ts";
import { installChosen } from "./installation.ts";
import { sourceChoice } from "./installoptions.ts";

/** How a command that runs several Gos installs what is missing: as `gox install` does, but never as the default. */
export interface Bringing {
	readonly context: Context;
	readonly report: Report;
	readonly progress: Progress;
	readonly source: SourceChoice;
	readonly insecure: boolean;
}

/** @throws GoxError `usage` */
export function bringingBy(context: Context, report: Report, options: Options, progress: Progress): Bringing {
	return {
		context,
		report,
		progress,
		source: sourceChoice(options.text("source")),
		insecure: options.has("insecure"),
	};
}

/**
 * Installs a release, unless it is there; `status` of the outcome tells. Throws as `gox install` fails.
 * @param trial whether it is taken away again afterwards
 */
export function bring(bringing: Bringing, chosen: Chosen, trial = false): Promise<InstallOutcome> {
	return installChosen({
		...bringing,
		chosen,
		asDefault: "no",
		force: false,
		trial,
		unofficial: bringing.context.env.GOX_UNOFFICIAL === "1",
	});
}
