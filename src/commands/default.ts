import type { Invocation } from "../cli/command.ts";
import { shellVersion } from "../cli/operands.ts";
import { GoxError } from "../errors.ts";
import { openHome } from "../store/home.ts";
import { defaultVersion } from "../store/installed.ts";
import { pickInstalled, setDefault, unsetDefault } from "../store/links.ts";
import { completeShims } from "../store/shims.ts";
import { parseRequest } from "../version/request.ts";

export function run({ context, report, args: [word] }: Invocation): undefined {
	openHome(context);
	if (word === undefined) return show({ context, report });
	const request = parseRequest(word === "mod" ? shellVersion(context, word) : word);
	if (request.kind === "system") {
		unsetDefault(context);
		report.say("no default any more: where nothing asks for a version, the next go on PATH runs");
		if (report.asJson) report.json(null);
		return undefined;
	}
	const chosen = pickInstalled(context, request);
	setDefault(context, chosen);
	completeShims(context);
	report.say(`the default is now ${chosen.release.name}`);
	if (report.asJson) report.json({ version: chosen.release.name, goroot: chosen.goroot });
	return undefined;
}

function show({ context, report }: Pick<Invocation, "context" | "report">): undefined {
	const found = defaultVersion(context);
	if (report.asJson) report.json(found ? { version: found.release.name, goroot: found.goroot } : null);
	else if (found) report.line(found.release.name);
	else throw new GoxError("no-go", "no default is set", { hint: "gox default VERSION   (gox list shows what is installed)" });
	return undefined;
}
