import type { Invocation } from "../cli/command.ts";
import { columns } from "../cli/text.ts";
import { GoxError } from "../errors.ts";
import { makeHome, openHome } from "../store/home.ts";
import { pickInstalled, removeAlias, setAlias, userAliases } from "../store/links.ts";
import { parseRequest } from "../version/request.ts";

export function run({ context, report, args: [name, word], options }: Invocation): undefined {
	const layout = openHome(context);
	if (options.has("remove")) {
		if (name === undefined || word !== undefined)
			throw new GoxError("usage", "alias --remove wants one name", { hint: "gox alias NAME --remove" });
		removeAlias(context, name);
		report.say(`removed the alias ${name}`);
		if (report.asJson) report.json({ [name]: null });
	} else if (name !== undefined && word !== undefined) {
		const installed = pickInstalled(context, parseRequest(word));
		makeHome(layout);
		setAlias(context, name, installed);
		report.say(`${name} now means ${installed.key}`);
		if (report.asJson) report.json({ [name]: installed.key });
	} else {
		const aliases = [...userAliases(context)].filter(([each]) => name === undefined || each === name);
		if (name !== undefined && aliases.length === 0)
			throw new GoxError("usage", `there is no alias "${name}"`, { hint: `gox alias ${name} VERSION` });
		if (report.asJson) report.json(Object.fromEntries(aliases));
		else for (const line of columns(aliases)) report.line(line);
	}
	return undefined;
}
