import { GoxError } from "../errors.ts";
import { readGoEnvText } from "../releases/proxy/goenvfile.ts";
import { writeContent } from "../store/goenvwriting.ts";
import { homeLayout } from "../store/home.ts";
import { forgetProxyRecord, proxyRecords, undoing } from "../store/proxyrecord.ts";
import type { Invocation } from "./command.ts";
import { shownValue } from "./proxysettings.ts";

/** `gox proxy undo`: takes the last `gox proxy use` back. */
export function undoProfile({ context, report, options }: Invocation): number {
	const { home } = homeLayout(context);
	const record = proxyRecords(home).at(-1);
	if (!record) throw new GoxError("usage", "there is nothing to undo", { hint: "gox proxy" });
	const { file, profile, changes } = record;
	const plan = undoing(record, readGoEnvText(file), options.has("force"));
	if (plan.kind === "changed")
		throw new GoxError(
			"usage",
			`not undone: ${plan.names.join(", ")} in ${file} was changed since \`gox proxy use ${profile}\``,
			{
				hint: "gox proxy undo --force",
			},
		);
	const restored = changes.map(({ name, old }) => ({ name, value: old === null ? null : shownValue(old) }));
	if (!options.has("dryRun")) {
		writeContent(context, file, plan.content);
		context.checkpoint("proxy:undone");
		forgetProxyRecord(home, record);
	}
	if (report.asJson) report.json({ profile, file, restored, undone: !options.has("dryRun") });
	for (const { name, value } of restored) report.say(value === null ? `${name} is unset again` : `${name}=${value}`);
	return 0;
}
