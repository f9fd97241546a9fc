import { statSync } from "node:fs";
import { dirname } from "node:path";
import { checkSetting } from "../config.ts";
import type { Context } from "../context.ts";
import { ifPresent, makeDirectory, readIfPresent, writeFileAtomic } from "../fs.ts";
import { withoutSecrets } from "../output.ts";
import { editing } from "../store/journal.ts";

/**
 * Changes one setting of the config file; every other line, comments included, stays as it is.
 * @param value undefined takes it out
 * @throws GoxError `bad-config` for a value that the setting can't have.
 */
export function changeSetting(context: Context, name: string, value: string | undefined): void {
	if (value !== undefined) checkSetting(name, value, "gox config");
	makeDirectory(dirname(context.configFile));
	const text = withSetting(readIfPresent(context.configFile) ?? "", name, value);
	const present = ifPresent(() => statSync(context.configFile).mode & 0o777) ?? 0o644;
	// Addresses may carry passwords.
	const mode = withoutSecrets(text) === text ? present : present & 0o700;
	editing(context, context.configFile, () =>
		writeFileAtomic(context.configFile, text, mode, () => context.checkpoint("config:written")),
	);
	context.checkpoint("config:done");
}

function withSetting(text: string, name: string, value: string | undefined): string {
	const lines = text.split("\n").filter((line) => !new RegExp(`^\\s*${name}\\s*=`).test(line));
	if (lines.at(-1) === "") lines.pop();
	if (value !== undefined) lines.push(`${name} = ${value}`);
	return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
