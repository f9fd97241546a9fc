import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";

/**
 * A third reading of docs/selection.md, to hold the other two against: as plain as it can be, slow, and with nothing of
 * src/ in it. Failures are their codes alone.
 */

export interface ModelAnswer {
	readonly version: string;
	readonly source: { readonly kind: string; readonly path: string | null; readonly text: string };
	readonly below?: { readonly path: string; readonly text: string };
}

/** What is asked about: the process's directory and environment, and the machine's platform. */
export interface ModelQuestion {
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	readonly host: string;
}

/** A failure's code, thrown. */
class Refusal extends Error {}

export function modelAnswer(question: ModelQuestion): ModelAnswer | { readonly error: string } {
	try {
		return answer(question);
	} catch (failure) {
		if (failure instanceof Refusal) return { error: failure.message };
		throw failure;
	}
}

function answer(question: ModelQuestion): ModelAnswer {
	const { env } = question;
	const home = env.GOX_HOME ?? "";
	const start = startOf(question);

	const goSwitch = env.GOTOOLCHAIN_INTERNAL_SWITCH_VERSION ?? "";
	if (goSwitch !== "") {
		const name = goSwitch.startsWith("go") ? toolchainRelease(goSwitch) : undefined;
		if (name === undefined) throw new Refusal("not-a-version");
		if (!isInstalled(home, name)) throw new Refusal("not-installed");
		return { version: name, source: { kind: "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", path: null, text: goSwitch } };
	}

	const variable = (env.GOX_VERSION ?? "").replace(/^[ \t\r\n\f\v]+|[ \t\r\n\f\v]+$/g, "");
	if (variable !== "") {
		if (!isPin(question, variable)) throw new Refusal("not-a-version");
		return pinned(question, start, { kind: "GOX_VERSION", path: null, text: variable });
	}

	for (const directory of upward(start)) {
		for (const kind of [".go-version", ".tool-versions"]) {
			const path = `${directory}/${kind}`;
			const bytes = contentOf(path, true);
			if (bytes?.includes(0)) throw new Refusal("bad-version-file");
			const lines = (bytes ?? Buffer.of())
				.toString()
				.replace(/^\ufeff/, "")
				.split("\n");
			const text = kind === ".go-version" ? goVersionWord(question, lines) : toolVersionsWord(question, lines);
			if (text !== undefined) return pinned(question, start, { kind, path, text });
		}
	}

	const floor = floorOf(question, start);
	if (floor?.line !== undefined) {
		const key = keyForFloor(home, floor.version);
		if (key === undefined) throw new Refusal("not-installed");
		return { version: withoutPlatform(key), source: { kind: floor.kind, path: floor.path, text: floor.line } };
	}

	const standard = linkedKey(`${home}/current`);
	if (standard !== undefined) {
		if (!isInstalled(home, standard)) throw new Refusal("not-installed");
		const version = withoutPlatform(standard);
		return { version, source: { kind: "default", path: `${home}/current`, text: version } };
	}

	const system = systemGo(question);
	return { version: system.version, source: { kind: "system", path: system.path, text: "system" } };
}

// ---- where ----

function startOf({ cwd, env }: ModelQuestion): string {
	const PWD = env.PWD ?? "";
	const words = PWD.split("/").slice(1);
	if (!PWD.startsWith("/") || words.some((word) => ["", ".", ".."].includes(word))) return cwd;
	const [named, real] = [statSync(PWD, { throwIfNoEntry: false }), statSync(cwd)];
	return named?.ino === real.ino && named.dev === real.dev ? PWD : cwd;
}

/** Each without a slash at its end: the root is empty. */
function upward(start: string): string[] {
	const words = start.split("/").filter((word) => word !== "");
	return [...words.keys(), words.length].reverse().map((count) => ["", ...words.slice(0, count)].join("/"));
}

/** Undefined where there is no such file. A directory is either one that can't be read, or none. */
function contentOf(path: string, directoryIsBad: boolean): Buffer | undefined {
	const stat = statSync(path, { throwIfNoEntry: false });
	if (stat === undefined || (stat.isDirectory() && !directoryIsBad)) return undefined;
	if (!stat.isFile()) throw new Refusal("bad-version-file");
	return readFileSync(path);
}

// ---- versions ----

const N = "(?:0|[1-9][0-9]*)";
const full = new RegExp(`^${N}\\.${N}\\.${N}$`);
const early = new RegExp(`^${N}\\.${N}(?:alpha|beta|rc)${N}$`);
const minorOnly = new RegExp(`^1\\.${N}$`);

/** The name that an exact release was published by. */
function release(text: string): string | undefined {
	if (text === "1.9.2rc2" || early.test(text)) return `go${text}`;
	if (!full.test(text)) return undefined;
	const [major, minor, patch] = text.split(".");
	if (major !== "1" || Number(minor) >= 21 || patch !== "0") return `go${text}`;
	return minor === "0" ? "go1" : `go1.${minor}`;
}

/** As `release`, of `go1.22.5-corp`; and here go1.20 is no prefix. */
function toolchainRelease(text: string): string | undefined {
	const version = text.slice("go".length).replace(/[- \t].*$/s, "");
	if (version === "1") return "go1";
	if (minorOnly.test(version) && Number(version.slice(2)) < 21) return release(`${version}.0`);
	return release(version);
}

/** Numbers that compare as the versions do. */
function rank(version: string): number[] {
	const [, major, minor = "0", third, kind, pre = "0"] = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:([a-z]+)(\d+))?$/.exec(version) ?? [];
	const isOld = Number(major) === 1 && Number(minor) < 21;
	const patch = third ?? (isOld && kind === undefined ? "0" : "-1");
	// 1.21 < 1.21rc1, but 1.9.2rc2 < 1.9.2.
	const kinds = patch === "-1" ? ["", "alpha", "beta", "rc"] : ["alpha", "beta", "rc", ""];
	return [Number(major), Number(minor), Number(patch), kinds.indexOf(kind ?? ""), Number(pre)];
}

function isLess(left: string, right: string): boolean {
	const [a, b] = [rank(left), rank(right)];
	const at = a.findIndex((number, index) => number !== b[index]);
	return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}

function withoutPlatform(key: string): string {
	return key.replace(/@.*/, "");
}

// ---- GOX_HOME ----

const platforms = ["darwin-arm64", "darwin-amd64", "linux-amd64", "linux-arm64"];

function isInstalled(home: string, key: string): boolean {
	return statSync(`${home}/versions/${key}/bin/go`, { throwIfNoEntry: false }) !== undefined;
}

function linkedKey(path: string): string | undefined {
	let target: string;
	try {
		target = readlinkSync(path);
	} catch {
		return undefined;
	}
	const key = target.replace(/^.*\//, "");
	const [version = "", platform, ...more] = key.split("@");
	const fits = /^go[0-9][a-z0-9.]*$/.test(version) && (platform === undefined || platforms.includes(platform));
	return fits && more.length === 0 ? key : undefined;
}

// ---- pins ----

function withoutGo(word: string): string {
	return /^go[0-9]/.test(word) ? word.slice(2) : word;
}

/** The link of 1.22, 1.22.x, latest or a user's alias. */
function linkOf(word: string): string | undefined {
	if (word === "latest" || word === "stable") return "latest";
	const [, prefix] = /^((?:0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5}))?)(?:\.x)?$/.exec(withoutGo(word)) ?? [];
	return prefix;
}

/** The key of an exact release, perhaps with a platform. */
function exactKey(word: string, host: string): string | undefined {
	const [version = "", platform, ...more] = withoutGo(word).split("@");
	const name = release(version);
	if (name === undefined || more.length > 0) return undefined;
	if (platform === undefined || platform === host) return name;
	return platforms.includes(platform) ? `${name}@${platform}` : undefined;
}

function isPin({ env, host }: ModelQuestion, word: string): boolean {
	if (word === "system" || linkOf(word) !== undefined || exactKey(word, host) !== undefined) return true;
	const reserved = ["oldstable", "rc", "next", "mod", "default", "current"];
	const isName = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(word) && !/^go[0-9]/.test(word) && !reserved.includes(word);
	return isName && linkedKey(`${env.GOX_HOME}/aliases/${word}`) !== undefined;
}

/** The installed version directory that a pin other than `system` means. */
function pinnedKey({ env, host }: ModelQuestion, word: string): string | undefined {
	const home = env.GOX_HOME ?? "";
	const key = exactKey(word, host) ?? linkedKey(`${home}/aliases/${linkOf(word) ?? word}`);
	return key !== undefined && isInstalled(home, key) ? key : undefined;
}

function pinned(question: ModelQuestion, start: string, source: ModelAnswer["source"]): ModelAnswer {
	const isSystem = source.text === "system";
	const version = isSystem ? systemGo(question).version : withoutPlatform(pinnedKey(question, source.text) ?? "");
	if (version === "") throw new Refusal("not-installed");
	let floor: Floor | undefined;
	try {
		floor = floorOf(question, start);
	} catch (failure) {
		if (!(failure instanceof Refusal)) throw failure;
	}
	const isKnown = version.startsWith("go") && toolchainRelease(version) !== undefined;
	if (floor?.line === undefined || !isKnown || !isLess(version.slice(2), floor.version)) return { version, source };
	return { version, source, below: { path: floor.path, text: floor.line } };
}

// ---- version files ----

const blank = "[ \\t\\r\\f\\v]";
const ends = new RegExp(`^${blank}+|${blank}+$`, "g");

function goVersionWord(question: ModelQuestion, lines: readonly string[]): string | undefined {
	const words = lines
		.map((line) => line.replace(new RegExp(`(^|${blank})(#|//).*$`, "s"), "").replace(ends, ""))
		.filter((line) => line !== "")
		.map((line) => line.replace(new RegExp(`^(?:go|golang)${blank}+([0-9][^ \\t\\r\\f\\v]*)$`), "$1"));
	if (!words.every((word) => isPin(question, word))) throw new Refusal("bad-version-file");
	if (new Set(words.map(withoutGo)).size > 1) throw new Refusal("bad-version-file");
	return words[0];
}

function toolVersionsWord(question: ModelQuestion, lines: readonly string[]): string | undefined {
	const words = lines
		.map((line) =>
			line
				.replace(/#.*$/s, "")
				.replace(ends, "")
				.split(new RegExp(`${blank}+`)),
		)
		.filter(([tool, ...versions]) => (tool === "go" || tool === "golang") && versions.length > 0)[0]
		?.slice(1);
	if (words?.some((word) => !isPin(question, word))) throw new Refusal("bad-version-file");
	return words?.find((word) => word === "system" || pinnedKey(question, word) !== undefined) ?? words?.[0];
}

// ---- go.work and go.mod ----

interface Floor {
	readonly kind: string;
	readonly path: string;
	readonly version: string;
	/** Undefined where the file says nothing. */
	readonly line: string | undefined;
}

function floorOf({ env }: ModelQuestion, start: string): Floor | undefined {
	const GOENV = env.GOENV || `${env.HOME}/.config/go/env`;
	const written = GOENV.startsWith("/")
		? contentOf(GOENV, false)
				?.toString()
				.match(/(?<=^GOWORK=).*$/gm)
		: undefined;
	const GOWORK = env.GOWORK || written?.at(-1) || "";
	const works = GOWORK === "" || GOWORK === "auto" ? upward(start).map((each) => `${each}/go.work`) : [GOWORK];
	const mods = upward(start).map((each) => `${each}/go.mod`);
	const places = [...works.map((path) => ["go.work", path]), ...mods.map((path) => ["go.mod", path])];
	for (const [kind = "", path = ""] of places) {
		const content = path.startsWith("/") ? contentOf(path, false) : undefined;
		if (content !== undefined) return { kind, path, ...strongestLine(content.toString()) };
	}
	return undefined;
}

function strongestLine(content: string): Pick<Floor, "version" | "line"> {
	const lines = topLevel(content.split("\n").map(tokens));
	const first = (verb: string) => lines.find(([word]) => word === verb);
	const [go, toolchain] = [first("go"), first("toolchain")];
	const goLine = { version: go?.[1] ?? "", line: go?.join(" ") };
	if (go && (go.length !== 2 || !new RegExp(`^1\\.${N}(?:\\.${N}|(?:alpha|beta|rc)${N})?$`).test(goLine.version)))
		throw new Refusal("bad-version-file");
	if (!toolchain || toolchain.join(" ") === "toolchain default") return goLine;
	const [, name = ""] = toolchain;
	const version = /^go[^-]*(?:-[A-Za-z0-9._+-]*)?$/.test(name) ? toolchainRelease(name)?.slice(2) : undefined;
	if (toolchain.length !== 2 || version === undefined) throw new Refusal("bad-version-file");
	return go && !isLess(goLine.version, version) ? goLine : { version, line: toolchain.join(" ") };
}

function tokens(line: string): string[] {
	const token = /[ \t\r]+|\/\/.*|[()[\]{},]|"(?:\\.|[^"\\])*(?:"|\\?$)|`[^`]*`?|(?:(?!\/\/)[^ \t\r()[\]{},])+/gs;
	return (line.match(token) ?? []).filter((each) => !/^[ \t\r]|^\/\//.test(each));
}

/** The lines outside any block. */
function topLevel(lines: readonly string[][]): string[][] {
	const outside: string[][] = [];
	let inside = false;
	for (const line of lines) {
		const last = line.slice(-2).join(" ");
		if (inside) inside = line[0] !== ")";
		else if (line.length > 1 && line.at(-1) === "(") inside = true;
		else if (last !== "( )") outside.push(line);
	}
	return outside;
}

function keyForFloor(home: string, floor: string): string | undefined {
	const [minor = floor] = /^\d+\.\d+/.exec(floor) ?? [];
	const isEnough = (key: string) => !isLess(withoutPlatform(key).slice(2), floor);
	const isEarly = (key: string) => /[a-z]/.test(key.slice(2));
	const linked = [linkedKey(`${home}/current`), linkedKey(`${home}/aliases/${minor}`)];
	const scanned = readdirSync(`${home}/versions`)
		.filter((key) => !key.includes("@") && isInstalled(home, key) && isEnough(key))
		.sort((left, right) => (isLess(left.slice(2), right.slice(2)) ? -1 : 1));
	const previews = scanned.filter((key) => isEarly(key) && /^go(\d+\.\d+)/.exec(key)?.[1] === minor);
	return (
		linked.find((key) => key !== undefined && isInstalled(home, key) && isEnough(key)) ??
		(isEarly(`go${floor}`) ? previews.at(-1) : undefined) ??
		scanned.find((key) => !isEarly(key))
	);
}

// ---- system ----

function systemGo({ env }: ModelQuestion): { path: string; version: string } {
	for (const entry of (env.PATH ?? "").split(":")) {
		const path = `${entry}/go`;
		const stat = entry.startsWith("/") ? statSync(path, { throwIfNoEntry: false }) : undefined;
		if (!stat?.isFile() || (stat.mode & 0o111) === 0 || readFileSync(path).includes("gox-shim-marker")) continue;
		const goroot = realpathSync(path).replace(/\/bin\/go$/, "");
		const [line = ""] = readFileSync(`${goroot}/VERSION`, "utf8").split("\n");
		return { path, version: line.startsWith("go") ? line : "system" };
	}
	throw new Refusal("no-go");
}
