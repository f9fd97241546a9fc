import { GoxError, quote } from "../errors.ts";

/** What the overview needs of a command. */
interface Listed {
	readonly name: string;
	readonly aliases?: readonly string[];
	readonly args: string;
	readonly summary: string;
	readonly hidden?: boolean;
}

/** The text of `gox --help`. */
export function overview(commands: readonly Listed[], version: string): string {
	const rows = commands
		.filter((command) => !command.hidden)
		.map((command) => [[command.name, command.args].filter(Boolean).join(" "), command.summary] as const);
	const width = Math.max(...rows.map(([left]) => left.length));
	return [
		`gox ${version}: Go versions, installed with proof and switched in a tenth of a millisecond`,
		"",
		"Usage: gox <command> [options]",
		"",
		...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
		"",
		"A version is 1.22.5, 1.22, latest, oldstable, next, a range such as '>=1.21 <1.23', or an alias.",
		"More about a command: gox <command> --help",
		"",
	].join("\n");
}

/** The failure for a first word that is no command; a version in its place is recognized. */
export function unknownCommandFailure(name: string, commands: readonly Listed[]): GoxError {
	if (/^(go)?\d/.test(name)) {
		return new GoxError("usage", `${quote(name)} is a version, not a command`, {
			hint: `gox install ${name}   or   gox use ${name}`,
		});
	}
	if (name.startsWith("-")) {
		return new GoxError("usage", `a command comes first, then its options: ${quote(name)} is no command`, {
			hint: `gox list ${name}\ngox --help`,
		});
	}
	const names = commands.flatMap((command) => (command.hidden ? [] : [command.name, ...(command.aliases ?? [])]));
	const near =
		names.find((each) => each.startsWith(name)) ??
		names.find((each) => name.length > 2 && [...name].sort().join("") === [...each].sort().join("")) ??
		names.find((each) => name.startsWith(each.slice(0, 3)));
	return new GoxError("usage", `there is no command ${quote(name)}`, { hint: near ? `gox ${near} --help` : "gox --help" });
}
