import type { Run } from "../cli/command.ts";
import { select } from "../select/select.ts";
import { whySentence } from "../select/why.ts";

/** `gox current`: the version in force and why, in the same bytes as the native gox (docs/selection.md). */
export const run: Run = ({ context, report }) => {
	const selection = select(context);
	if (selection.failure) throw selection.failure;
	const { version, goroot, source, below } = selection;
	if (report.asJson) report.line(JSON.stringify({ version, goroot, source, ...(below && { below }) }));
	else report.line(`${version} (${whySentence(selection)})`);
	return 0;
};
