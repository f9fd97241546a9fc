import { GoxError, quote } from "../errors.ts";
import { commonOptions, optionsOf } from "./arguments.ts";
import { type CommandSpec, type GroupSpec, isGroup } from "./command.ts";

/** The text of `gox --help`. */
export function overview(commands: readonly CommandSpec[], version: string): string {
	const rows = commands
		.filter((command) => !command.hidden)
		.map((command) => [usageOf(command, command.name), command.summary] as const);
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

/** The text of `gox COMMAND --help` or `gox COMMAND ACTION --help`. `path` has the words after `gox`. */
export function commandHelp(spec: CommandSpec, path = spec.name): string {
	const width = (rows: readonly (readonly [string, string])[]) => Math.max(...rows.map(([left]) => left.length));
	const table = (rows: readonly (readonly [string, string])[]) =>
		rows.map(([left, right]) => `  ${left.padEnd(width(rows))}  ${right}`).join("\n");
	const sections = [`gox ${path}: ${spec.summary}`];
	if (isGroup(spec)) {
		const rows = spec.actions.map((action) => [usageOf(action, action.name), summaryIn(spec, action)] as const);
		sections.push(`Usage:\n  gox ${usageOf(spec, path)} [options]`);
		sections.push(`Actions:\n${table(rows)}`);
		sections.push(`More about an action, and its options: gox ${path} ${spec.actions[0]?.name} --help`);
	} else {
		sections.push(`Usage:\n  gox ${usageOf(spec, path)} [options]${spec.takesCommand ? " -- command [argument…]" : ""}`);
	}
	if (spec.aliases?.length) sections.push(`Also called: ${spec.aliases.join(", ")}`);
	const options = isGroup(spec) ? commonOptions : optionsOf(spec);
	sections.push(
		`Options${isGroup(spec) ? " of every action" : ""}:\n${table(options.map((each) => [each.flags, each.summary]))}`,
	);
	const examples = examplesOf(spec);
	if (examples.length > 0) sections.push(`Examples:\n${table(examples)}`);
	return `${sections.join("\n\n")}\n`;
}

function usageOf(spec: CommandSpec, name: string): string {
	const action = isGroup(spec) && (spec.defaultAction === undefined ? "<action>" : "[action]");
	return [name, isGroup(spec) ? action : spec.args].filter(Boolean).join(" ");
}

function summaryIn({ defaultAction }: GroupSpec, { name, summary }: CommandSpec): string {
	return name === defaultAction ? `${summary} (the default)` : summary;
}

function examplesOf(spec: CommandSpec): readonly (readonly [string, string])[] {
	return isGroup(spec) ? spec.actions.flatMap(examplesOf) : (spec.examples ?? []);
}

/** The error for an unknown command. A version in place of a command gets a hint of its own. */
export function unknownCommandFailure(name: string, commands: readonly CommandSpec[]): GoxError {
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
