import { chmodSync, existsSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Context, xdgHome } from "../context.ts";
import { asdfRoot, type ForeignToolName, foreignTools, miseRoot, toolsInStartupFiles } from "../foreign/tools.ts";
import { ifPresent, makeDirectory, namesIn, replaceSymlink, writeFileAtomic } from "../fs.ts";
import { readFishScript } from "./fishscript.ts";
import { commandVerdict, type ReadAs } from "./leftovercommand.ts";
import { type SimpleCommand, type Statement, simpleCommandsIn } from "./script.ts";
import type { Shell, StartupFile, UserHome } from "./shell.ts";
import { readShScript } from "./shscript.ts";

/** Lines of a start-up file that set up another version manager of Go, or a Go beside gox's. */
export interface Leftover {
	readonly tool: ForeignToolName;
	/** The first and the last line, counted from 1. */
	readonly line: number;
	readonly lastLine: number;
	/** Offsets of whole lines. */
	readonly start: number;
	readonly end: number;
	/** The text, without the last newline. */
	readonly text: string;
	/** What replaces it: nothing, or whole lines that keep the part of its effect that isn't the tool's. */
	readonly replacement: string;
	/** Why gox leaves it; undefined where gox can remove it. */
	readonly keep: string | undefined;
}

/** Facts that aren't in the file's text. */
export interface LeftoverSurroundings {
	readonly userHome: string;
	/** Whether Go is all that asdf and mise manage here, so that their activation has no other use. */
	readonly onlyGo: Readonly<Record<"asdf" | "mise", boolean>>;
}

/**
 * The leftovers in a start-up file's text, in order. gox's own block isn't one.
 * @param text one character for each byte or decoded: offsets and lines are the text's
 */
export function leftoversIn(
	text: string,
	dialect: StartupFile["dialect"],
	surroundings: LeftoverSurroundings,
): readonly Leftover[] {
	const script = dialect === "fish" ? readFishScript(text) : readShScript(text, dialect);
	const as: ReadAs = { dialect, ...surroundings };
	return script.statements.flatMap((statement) => leftoverOf(text, statement, as) ?? []);
}

/** The text without the leftovers that gox removes. */
export function withoutLeftovers(text: string, leftovers: readonly Leftover[]): string {
	let rest = "";
	let from = 0;
	for (const { start, end, replacement, keep } of leftovers) {
		if (keep !== undefined) continue;
		rest += text.slice(from, start) + replacement;
		from = end;
	}
	return rest + text.slice(from);
}

function leftoverOf(file: string, statement: Statement, as: ReadAs): Leftover | undefined {
	const begins = withBlankLinesSkipped(file, statement);
	const lines = file.slice(begins, statement.end);
	const newline = /\r?\n$/.exec(lines)?.[0] ?? "";
	const text = lines.slice(0, lines.length - newline.length);
	const commands = simpleCommandsIn(text);
	if (!commands) {
		const tool = toolsInStartupFiles.find(({ commands: called, paths }) => mentions(text, called, paths, as))?.name;
		return tool && { ...place(file, begins, statement.end), tool, replacement: "", keep: "it is a part of something larger" };
	}
	const verdicts = commands.map((command) => commandVerdict(command.words, as));
	const first = verdicts.find((verdict) => verdict?.kind === "leftover" || verdict?.kind === "partly");
	if (!first || !("tool" in first)) return undefined;
	const { tool } = first;
	const shared = verdicts.some((verdict) => verdict?.kind === "leftover" && verdict.shared);
	const keep = shared ? `${tool} manages other languages here too` : undefined;
	const isWhole = verdicts.every((verdict) => verdict?.kind === "leftover" || verdict?.kind === "neutral");
	if (isWhole) {
		const start = keep === undefined ? withItsComment(file, begins, tool) : begins;
		return { ...place(file, start, statement.end), tool, replacement: "", keep };
	}
	const parts = commands.map((command, index) => ({ command, verdict: verdicts[index] }));
	const rest = commands.some(({ prefixes }) => prefixes.length > 0) ? filled(text, parts) : dropped(text, parts);
	const larger = rest === text ? "it is a part of something larger" : undefined;
	return { ...place(file, begins, statement.end), tool, replacement: rest && rest + newline, keep: keep ?? larger };
}

interface Part {
	readonly command: SimpleCommand;
	readonly verdict: ReturnType<typeof commandVerdict>;
}

/** A list of commands on one line, without the tool's. A list joined by && or | is removed or kept as a whole. */
function dropped(text: string, parts: readonly Part[]): string {
	const lists: Part[][] = [[]];
	for (const part of parts) {
		lists.at(-1)?.push(part);
		if (/^[;\n&]$/.test(part.command.operator)) lists.push([]);
	}
	const isMixed = (list: readonly Part[]) => list.some(({ verdict }) => verdict === undefined || verdict.kind === "partly");
	const kept = lists.filter(
		(list) => list.length > 0 && (isMixed(list) || list.every(({ verdict }) => verdict?.kind === "neutral")),
	);
	return kept
		.map((list) => {
			const from = list[0]?.command.start ?? 0;
			const to = list.at(-1)?.command.end ?? 0;
			return filled(text.slice(0, to), list).slice(from);
		})
		.join("; ");
}

/** The text with the tool's commands replaced by ones that do nothing, so that the syntax around them stays valid. */
function filled(text: string, parts: readonly Part[]): string {
	let rest = "";
	let from = 0;
	for (const { command, verdict } of parts) {
		if (verdict?.kind !== "leftover" && verdict?.kind !== "partly") continue;
		rest += text.slice(from, command.start) + (verdict.kind === "partly" ? verdict.rest : ":");
		from = command.end;
	}
	return rest + text.slice(from);
}

function mentions(text: string, called: RegExp | undefined, paths: RegExp, { userHome }: ReadAs): boolean {
	const words = text.split(/[\s"'();:=|&]+/).map((word) => word.replace(/^(?:\$HOME|\$\{HOME\})/, "~").replace(userHome, "~"));
	return words.some((word) => called?.test(word) || paths.test(word));
}

/** A statement begins where the one before it ended: blank lines and comments before it aren't part of it. */
function withBlankLinesSkipped(file: string, { start, end }: Statement): number {
	const skipped = /^(?:[ \t\r]*(?:#[^\n]*)?\n)*/.exec(file.slice(start, end))?.[0] ?? "";
	return start + skipped.length;
}

/** Includes the comment line right above if it is about the tool. */
function withItsComment(file: string, start: number, tool: ForeignToolName): number {
	const above = /(?:^|\n)([ \t]*#[^\n]*\n)$/.exec(file.slice(0, start))?.[1];
	if (above === undefined || above.startsWith("#!")) return start;
	const isItsOwn = toolsInStartupFiles.some(({ name, comment }) => name === tool && comment?.test(above));
	return isItsOwn ? start - above.length : start;
}

function place(file: string, start: number, end: number) {
	const text = file.slice(start, end).replace(/\r?\n$/, "");
	const line = file.slice(0, start).split("\n").length;
	return { start, end, text, line, lastLine: line + text.split("\n").length - 1 };
}

export type SearchedFile = Pick<StartupFile, "path" | "dialect">;

/** The leftovers in one start-up file. */
export interface FoundLeftovers {
	readonly file: SearchedFile;
	readonly leftovers: readonly Leftover[];
}

/**
 * The leftovers of other version managers in every file that a new shell may read; files that can't be read are left out.
 * Texts hold one character for each byte.
 */
export function findLeftovers(context: Context, shell: Shell): readonly FoundLeftovers[] {
	const surroundings = leftoverSurroundings(context);
	const home: UserHome = { userHome: context.userHome, env: context.env, exists: existsSync };
	return searchedFiles(shell, home).flatMap((file) => {
		const text = textOf(file.path);
		const leftovers = text === undefined ? [] : leftoversIn(text, file.dialect, surroundings);
		return leftovers.length > 0 ? [{ file, leftovers }] : [];
	});
}

/** Every file that a new shell may read, in the order in which it does. */
export function searchedFiles(shell: Shell, { userHome, env }: UserHome): readonly SearchedFile[] {
	const in_ = (directory: string, dialect: StartupFile["dialect"], ...names: readonly string[]) =>
		names.map((name) => ({ path: join(directory, name), dialect }));
	if (shell.name === "zsh") {
		const directory = env.ZDOTDIR || userHome;
		const files = in_(directory, "zsh", ".zshenv", ".zprofile", ".zshrc", ".zlogin");
		return directory === userHome ? files : [...in_(userHome, "zsh", ".zshenv"), ...files];
	}
	if (shell.name === "bash") {
		return [
			...in_(userHome, "bash", ".bash_profile", ".bash_login"),
			...in_(userHome, "sh", ".profile"),
			// Debian's .bashrc sources the last one.
			...in_(userHome, "bash", ".bashrc", ".bash_aliases"),
		];
	}
	const config = join(xdgHome({ env, userHome }, "config"), "fish");
	const snippets = namesIn(join(config, "conf.d")).filter((name) => name.endsWith(".fish"));
	return [...in_(join(config, "conf.d"), "fish", ...snippets), ...in_(config, "fish", "config.fish")];
}

/** Whose home it is, and whether Go is all that asdf and mise manage in it. */
export function leftoverSurroundings({ userHome, env }: Pick<Context, "userHome" | "env">): LeftoverSurroundings {
	const onlyGo = (directory: string, go: RegExp) => {
		const names = namesIn(directory).filter((name) => !name.startsWith("."));
		return names.length > 0 && names.every((name) => go.test(name));
	};
	return {
		userHome: Buffer.from(userHome, "utf8").toString("latin1"),
		onlyGo: {
			asdf: onlyGo(join(asdfRoot({ env, userHome }), "plugins"), /^(?:golang|go)$/),
			mise: onlyGo(join(miseRoot({ env, userHome }), "installs"), /^(?:go|golang|core-go)$/),
		},
	};
}

function textOf(path: string): string | undefined {
	try {
		return ifPresent(() => (statSync(path).isFile() ? readFileSync(path, "latin1") : undefined));
	} catch {
		return undefined;
	}
}

/** A `go` or `gofmt` that another tool put into a directory which stays on PATH. */
export interface ForeignCommand {
	readonly tool: ForeignToolName;
	readonly path: string;
	/** What it points to, where it is a symlink. */
	readonly link?: string;
	/** Its bytes, one character each, and its mode, where it is a file. */
	readonly content?: string;
	readonly mode?: number;
}

const names = ["go", "gofmt", "godoc"];

/** @param staying tools whose set-up stays because it is for other languages too */
export function foreignCommands(context: Context, staying: ReadonlySet<ForeignToolName>): readonly ForeignCommand[] {
	return foreignTools.flatMap(({ name, sharedBin }) => {
		const shared = sharedBin?.(context);
		if (!shared) return [];
		const { directory, linksInto } = shared;
		if (linksInto !== undefined) return found(name, directory).filter(({ link }) => link?.startsWith(`${linksInto}/`));
		return staying.has(name) ? found(name, directory) : [];
	});
}

export function removeCommand({ path }: ForeignCommand): void {
	rmSync(path, { force: true });
}

/** Restores it, unless something else is there now. */
export function restoreCommand({ path, link, content, mode = 0o755 }: ForeignCommand): void {
	if (ifPresent(() => lstatSync(path))) return;
	makeDirectory(dirname(path));
	if (link !== undefined) replaceSymlink(link, path);
	else {
		writeFileAtomic(path, Buffer.from(content ?? "", "latin1"), mode);
		chmodSync(path, mode);
	}
}

function found(tool: ForeignToolName, directory: string): readonly ForeignCommand[] {
	return names.flatMap((name): ForeignCommand[] => {
		const path = join(directory, name);
		const stat = ifPresent(() => lstatSync(path));
		if (stat?.isSymbolicLink()) return [{ tool, path, link: readlinkSync(path) }];
		// A shim is a small script: anything larger is another program.
		if (!stat?.isFile() || stat.size > 65_536) return [];
		return [{ tool, path, content: readFileSync(path, "latin1"), mode: stat.mode & 0o7777 }];
	});
}
