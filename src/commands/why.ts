import type { Run } from "../cli/command.ts";
import { columns } from "../cli/text.ts";
import { goInstead, goSwitch } from "../select/goswitch.ts";
import { select } from "../select/select.ts";
import { type Considered, isFile, type Selection } from "../select/selection.ts";
import { insteadSentence, switchSentence, whySentence } from "../select/why.ts";
import { rememberProject } from "../store/projects.ts";

/** `gox why`: every source that was asked, in order, what it said, who won, and what Go itself will do next. */
export const run: Run = ({ context, report }) => {
	const considered: Considered[] = [];
	let selection: Selection;
	try {
		selection = select(context, { watch: (each) => considered.push(each) });
	} catch (error) {
		if (!report.asJson) for (const line of columns(considered.map(row))) report.line(line);
		throw error;
	}
	if (isFile(selection.source)) rememberProject(context, selection.source.path);
	const next = goSwitch(context, selection);
	const instead = goInstead(context, selection);
	const { version, goroot, installed, source, below, failure } = selection;
	if (report.asJson) {
		const error = failure && { code: failure.code, message: failure.message, hint: failure.hint ?? null };
		report.json({
			version,
			goroot,
			installed,
			source,
			considered,
			...(below && { below }),
			...(error && { error }),
			next: next ?? null,
			...(instead && { instead: { ...instead, next: instead.next ?? null } }),
		});
		return 0;
	}
	const winner = considered.at(-1);
	const rows = considered.map((each) => [...row(each), each === winner && each.said !== null ? "decides" : ""]);
	for (const line of columns(rows)) report.line(line);
	report.line("");
	if (failure) {
		report.line(failure.message);
		if (failure.hint) report.line(`  ${failure.hint}`);
	} else {
		report.line(`${version} (${whySentence(selection)})`);
		report.line(`GOROOT ${goroot ?? "is up to the program that is run"}`);
	}
	if (instead) report.line(insteadSentence(instead));
	if (next) report.line(switchSentence(next, version));
	if (next?.toolchain && next.path === null && next.refusal === null)
		report.line(`  gox install ${next.toolchain.replace(/^go|-.*$/g, "")}`);
	return 0;
};

function row({ kind, path, said }: Considered): string[] {
	return [path ?? kind, said ?? (path === null ? absence(kind) : "says nothing")];
}

function absence(kind: Considered["kind"]): string {
	switch (kind) {
		case "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION":
		case "GOX_VERSION":
			return "not set";
		case ".go-version":
		case ".tool-versions":
			return "none here or above, nor .tool-versions";
		case "go.work":
		case "go.mod":
			return "none here or above, nor go.work";
		case "default":
			return "not set";
		case "system":
			return "no other go on PATH";
	}
}
