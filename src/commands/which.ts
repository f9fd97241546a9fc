import { join } from "node:path";
import type { Run } from "../cli/command.ts";
import { GoxError } from "../errors.ts";
import { isExecutable } from "../fs.ts";
import { select } from "../select/select.ts";

/** `gox which [tool]`: the path of a tool of the version in force, in the same bytes as the native gox (docs/selection.md). */
export const run: Run = ({ context, report, args: [tool = "go"] }) => {
	const { failure, version, goroot, bin } = select(context);
	if (failure) throw failure;
	const path = join(bin ?? "", tool);
	if (tool.includes("/") || !isExecutable(path)) throw new GoxError("command-not-found", `${version} has no ${tool}`);
	report.line(report.asJson ? JSON.stringify({ tool, path, version, goroot }) : path);
	return 0;
};
