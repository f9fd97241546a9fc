import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { makeDirectory, readIfPresent, writeFileAtomic } from "../fs.ts";

/** A tool that every Go is to have. */
export interface DefaultTool {
	/** The import path of its main package. */
	readonly package: string;
	/** `latest`, a version, a branch or a commit. */
	readonly version: string;
}

const path = /^[A-Za-z0-9_~][A-Za-z0-9._~+-]*(?:\/[A-Za-z0-9_~][A-Za-z0-9._~+-]*)+$/;
const version = /^[A-Za-z0-9][A-Za-z0-9._+/-]*$/;

/** `default-tools`, beside the config file. */
export function defaultToolsFile({ configFile }: Context): string {
	return join(dirname(configFile), "default-tools");
}

/**
 * The tools of the file: one `path@version` a line, `#` begins a comment.
 * @throws GoxError `bad-config` with file and line
 */
export function readDefaultTools(context: Context): readonly DefaultTool[] {
	const file = defaultToolsFile(context);
	const lines = (readIfPresent(file) ?? "").replace(/^\ufeff/, "").split(/\r?\n/);
	const tools = lines.flatMap((line, index) => {
		const text = withoutComment(line);
		return text === "" ? [] : [parseDefaultTool(text, `${file}:${index + 1}: `)];
	});
	return [...new Map(tools.map((each) => [each.package, each])).values()];
}

/**
 * Reads `path@version`; without a version it is the latest.
 * @throws GoxError `bad-config`, or `usage` where it wasn't in a file
 */
export function parseDefaultTool(text: string, where = ""): DefaultTool {
	const [, name = "", wanted = "latest"] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
	if (path.test(name) && version.test(wanted)) return { package: name, version: wanted };
	throw new GoxError(where === "" ? "usage" : "bad-config", `${where}${quote(text)} is not of the form path@version`, {
		hint: "gox tools default add golang.org/x/tools/gopls@latest",
	});
}

/** Adds tools, each in place of the line that there was for it; every other line stays as it is. */
export function addDefaultTools(context: Context, tools: readonly DefaultTool[]): void {
	let lines = linesOf(context);
	for (const tool of tools) {
		const line = `${tool.package}@${tool.version}`;
		const [first] = lines.filter((each) => packageIn(each) === tool.package);
		lines = first === undefined ? [...lines, line] : lines.map((each) => (each === first ? line : each));
	}
	write(context, lines);
}

/** Takes tools out; the import paths that were there. */
export function removeDefaultTools(context: Context, packages: readonly string[]): readonly string[] {
	const lines = linesOf(context);
	const isGone = (line: string) => packages.includes(packageIn(line) ?? "");
	const gone = lines.filter(isGone).map((line) => packageIn(line) ?? "");
	if (gone.length > 0)
		write(
			context,
			lines.filter((line) => !isGone(line)),
		);
	return gone;
}

function linesOf(context: Context): string[] {
	const text = readIfPresent(defaultToolsFile(context)) ?? "";
	return text === "" ? [] : text.replace(/\r?\n$/, "").split("\n");
}

function write(context: Context, lines: readonly string[]): void {
	const file = defaultToolsFile(context);
	makeDirectory(dirname(file));
	writeFileAtomic(file, lines.map((line) => `${line}\n`).join(""), 0o644, () => context.checkpoint("default-tools:written"));
}

function packageIn(line: string): string | undefined {
	return withoutComment(line).replace(/@.*$/, "") || undefined;
}

function withoutComment(line: string): string {
	return line.replace(/(^|\s)#.*$/, "").trim();
}
