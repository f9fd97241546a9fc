import { statSync } from "node:fs";
import type { Invocation } from "../cli/command.ts";
import { columns } from "../cli/text.ts";
import { checkSetting, readSettings, settings } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { parseAddress } from "../fetch/address.ts";
import { ifPresent, readIfPresent } from "../fs.ts";
import { withoutSecrets } from "../output.ts";
import { refreshHooks } from "../shell/hook.ts";
import { makeHome, openHome } from "../store/home.ts";
import { announced } from "../store/journal.ts";
import { markStrict } from "../store/shims.ts";
import { writeUserFile } from "../store/userfile.ts";

/** `gox config [name] [value]`. Passwords in addresses are never printed. */
export function run({ context, report, args: [name, value], options }: Invocation): undefined {
	const values = new Map([...readSettings(context)].map(([each, text]) => [each, withoutSecrets(text)]));
	if (name === undefined) {
		if (report.asJson) report.json(Object.fromEntries(settings.map((each) => [each.name, values.get(each.name) ?? each.preset])));
		else
			for (const line of columns(
				settings.map((each) => [each.name, `= ${values.get(each.name) ?? each.preset}`, `# ${each.values}: ${each.summary}`]),
			))
				report.line(line);
		return undefined;
	}
	const setting = settings.find((each) => each.name === name);
	if (!setting)
		throw new GoxError("usage", `there is no setting "${name}"`, {
			hint: `the settings are: ${settings.map((each) => each.name).join(", ")}`,
		});
	if (value === undefined && !options.has("unset")) {
		const found = values.get(name) ?? setting.preset;
		if (report.asJson) report.json(found);
		else report.line(found);
		return undefined;
	}
	if (value !== undefined) refuseNonAddresses(name, value);
	changeSetting(context, name, value);
	if (report.asJson) report.json(value === undefined ? setting.preset : withoutSecrets(value));
	report.say(value === undefined ? `${name} is ${setting.preset || "unset"} again` : `${name} = ${value}`);
	if (name === "strict") {
		const layout = openHome(context);
		makeHome(layout);
		announced(context, layout, () => markStrict(context, layout));
	}
	// This setting is part of the hook's text.
	if (name === "announce" && refreshHooks(context).length > 0)
		report.say("in shells that are already open: source the start-up file again");
	return undefined;
}

/** Refuses invalid addresses now, not at the next install. Plain http is allowed: it needs --insecure when it is used. */
function refuseNonAddresses(name: string, value: string): void {
	const addresses = name === "mirrors" ? value.split(",") : name === "index" ? [value] : [];
	for (const address of addresses) parseAddress(address, `gox config ${name}`, { insecure: true });
}

/**
 * Changes one setting of the config file. Every other line stays as it is.
 * @param value undefined removes the setting
 * @throws GoxError `bad-config` for an invalid value
 */
export function changeSetting(context: Context, name: string, value: string | undefined): void {
	if (value !== undefined) checkSetting(name, value, "gox config");
	const text = withSetting(readIfPresent(context.configFile) ?? "", name, value);
	const present = ifPresent(() => statSync(context.configFile).mode & 0o777) ?? 0o644;
	// Addresses may carry passwords.
	const mode = withoutSecrets(text) === text ? present : present & 0o700;
	writeUserFile(context, context.configFile, text, { checkpoint: "config:", mode });
	context.checkpoint("config:done");
}

function withSetting(text: string, name: string, value: string | undefined): string {
	const lines = text.split("\n").filter((line) => !new RegExp(`^\\s*${name}\\s*=`).test(line));
	if (lines.at(-1) === "") lines.pop();
	if (value !== undefined) lines.push(`${name} = ${value}`);
	return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
