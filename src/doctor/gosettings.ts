import { isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { quote } from "../errors.ts";
import { withoutSecrets } from "../output.ts";
import { goEnvFilePath } from "../releases/proxy/goenvfile.ts";
import type { Fix } from "./finding.ts";
import type { Probes } from "./probes.ts";
import { linesThatExport, type StartupLine, type StartupText } from "./startup.ts";

/** One of Go's settings where somebody sets it. */
export interface GoSetting {
	readonly name: string;
	readonly value: string;
	/** `environment`, or the file that `go env -w` writes. */
	readonly from: "environment" | "file";
	/** The file, and the line in it. */
	readonly where: string;
	/** As evidence: who says what, and which start-up file's line exports it. */
	readonly evidence: readonly string[];
	/** What takes it out again. */
	readonly clear: Fix;
}

/** The file that `go env -w` writes, read without a go. */
export interface GoEnvFile {
	/** Undefined with GOENV=off. */
	readonly path: string | undefined;
	readonly lines: readonly { readonly name: string; readonly value: string; readonly line: number }[];
}

export function readGoEnvFile(context: Context, probes: Probes): GoEnvFile {
	const path = goEnvFilePath(context);
	if (path === undefined || !isAbsolute(path)) return { path: undefined, lines: [] };
	const lines = (probes.readText(path) ?? "").split("\n").flatMap((text, index) => {
		const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*?)\r?$/.exec(text) ?? [];
		return name === undefined || value === undefined ? [] : [{ name, value, line: index + 1 }];
	});
	return { path, lines };
}

/**
 * Everywhere that a setting is made, the one in force first: the environment, where an empty value counts as none, and
 * the user's file (cmd/go/internal/cfg.Getenv).
 */
export function settingsNamed(
	name: string,
	env: Context["env"],
	file: GoEnvFile,
	startup: readonly StartupText[],
): readonly GoSetting[] {
	const settings: GoSetting[] = [];
	const value = env[name];
	if (value) {
		const exported = linesThatExport(startup, name);
		settings.push({
			name,
			value,
			from: "environment",
			where: exported[0]?.where ?? "the environment",
			evidence: [
				`${name}=${printable(value)} in the environment`,
				...exported.map(({ where, text }) => `${where}: ${printable(text)}`),
			],
			clear: clearing(name, env, exported),
		});
	}
	const written = file.lines.findLast((each) => each.name === name);
	if (written && written.value !== "" && file.path !== undefined) {
		settings.push({
			name,
			value: written.value,
			from: "file",
			where: `${file.path}:${written.line}`,
			evidence: [`${file.path}:${written.line}: ${name}=${printable(written.value)}`],
			clear: { commands: [`go env -u ${name}`] },
		});
	}
	return settings;
}

/** In the words of the user's shell: fish has no unset. What exports it is only to be found by eye among other things. */
function clearing(name: string, { SHELL = "" }: Context["env"], exported: readonly StartupLine[]): Fix {
	const isUniversal = ({ where }: StartupLine) => where.includes("/fish_variables:");
	const lines = exported.filter((each) => !isUniversal(each)).map(({ where }) => where);
	return {
		commands: [
			SHELL.endsWith("/fish") ? `set -e ${name}` : `unset ${name}`,
			...(exported.some(isUniversal) ? [`fish -c 'set -Ue ${name}'`] : []),
		],
		...(lines.length > 0 && { advice: `and take it out of ${lines.join(" and ")}` }),
	};
}

/** GOROOT/go.env's word for a setting. */
export function shippedSetting(probes: Probes, goroot: string | null, name: string): string | undefined {
	if (goroot === null) return undefined;
	const lines = (probes.readText(join(goroot, "go.env")) ?? "").split("\n");
	return lines.findLast((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Without the credentials that an address may carry, and fit for a terminal. */
function printable(text: string): string {
	return quote(withoutSecrets(text), 160).slice(1, -1).replaceAll('\\"', '"');
}
