import { readSettings, settings } from "../config.ts";
import { GoxError } from "../errors.ts";
import { parseAddress } from "../fetch/address.ts";
import { withoutSecrets } from "../output.ts";
import { refreshHooks } from "../shell/hookfile.ts";
import { makeHome, openHome } from "../store/home.ts";
import { announced } from "../store/journal.ts";
import { markStrict } from "../store/strict.ts";
import { columns } from "../ui/table.ts";
import type { Invocation } from "./command.ts";
import { changeSetting } from "./setting.ts";

/** What an address keeps secret is shown by no form of this; the file itself has it. */
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
	// The hook is a static file that carries this setting.
	if (name === "announce" && refreshHooks(context).length > 0)
		report.say("for the shells that run already: source the start-up file again");
	return undefined;
}

/** What could never be asked is said now, not by the next install. Plain http waits for its `--insecure`. */
function refuseNonAddresses(name: string, value: string): void {
	const addresses = name === "mirrors" ? value.split(",") : name === "index" ? [value] : [];
	for (const address of addresses) parseAddress(address, `gox config ${name}`, { insecure: true });
}
