import { join } from "node:path";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import type { Installed } from "../store/installed.ts";
import type { Report } from "../ui/report.ts";
import { newestFirst } from "../version/release.ts";

/**
 * What a new Go brings with it, where the config says `default_tools = on`: the default tools, built by the newest of the
 * Gos that were just installed. The Go is installed whatever becomes of them.
 */
export async function welcomeNewGo(context: Context, report: Report, installed: readonly Installed[]): Promise<void> {
	const [newest] = installed
		.filter((each) => each.platform === context.host())
		.sort((left, right) => newestFirst(left.release, right.release));
	if (newest === undefined || !loadConfig(context).defaultTools) return;
	const [{ installDefaultTools }, { goCommandIn }] = await Promise.all([
		import("./toolsdefault.ts"),
		import("../tools/gocommand.ts"),
	]);
	try {
		await installDefaultTools(context, report, goCommandIn(context, join(newest.goroot, "bin"), newest.goroot, true));
	} catch (error) {
		context.signal.throwIfAborted();
		report.warn(`the default tools were not installed: ${error instanceof Error ? error.message : String(error)}`);
	}
}
