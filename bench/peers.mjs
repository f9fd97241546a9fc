// The other version managers, as a benchmark needs them: how each is called and where it keeps things. A peer is found
// by its program's name in GOX_BENCH_PEERS/bin, else on PATH, and known as itself by what it says of its version.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { findProgram } from "./race.mjs";

/** No Go and no version manager lies there: what a tool finds is what the benchmark gave it. */
export const systemPath = "/usr/local/bin:/usr/bin:/bin";

function put(path, text) {
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, text);
}

/** Another address in a script; that it wasn't there means a release that this adapter doesn't know. */
function pointAt(path, address, other) {
	const text = readFileSync(path, "utf8");
	if (!text.includes(address)) throw new Error(`${path} doesn't ask ${address}`);
	writeFileSync(path, text.replaceAll(address, other));
}

/**
 * What a tool is told: `r` its private root (HOME), `v` a version, `url` the mirror's, `d` a directory. What a tool has
 * no such thing for is left out.
 * @typedef {object} Adapter
 * @property {string} name
 * @property {string} command what a user types
 * @property {string[]} programs file names it may have
 * @property {string[]} version argv that prints its version
 * @property {RegExp} says what that prints, with the version as its first group
 */

const goenv = {
	name: "goenv",
	command: "goenv",
	programs: ["goenv3", "goenv"],
	version: ["goenv", "--version"],
	says: /goenv\s+v?(3[\d.\w-]*|dev)/,
	env: (r, url) => ({ GOENV_ROOT: `${r}/.goenv`, GO_BUILD_MIRROR_URL: `${url}/dl`, GOENV_PATH_ORDER: "front" }),
	// Else each installation builds four tools from the network.
	prepare: (r) => put(`${r}/.goenv/default-tools.yaml`, "enabled: false\ntools: []\n"),
	install: (v) => ["goenv", "install", v],
	select: (v) => ["goenv", "global", v],
	goroot: (r, v) => `${r}/.goenv/versions/${v}`,
	shims: (r) => `${r}/.goenv/shims`,
	refresh: ["goenv", "rehash"],
	variable: (v) => ({ GOENV_VERSION: v }),
	pin: (d, v) => put(`${d}/.go-version`, `${v}\n`),
	list: ["goenv", "list"],
	remote: ["goenv", "list", "--remote"],
	startup: () => 'eval "$(goenv init -)"',
	which: ["goenv", "which", "go"],
	current: ["goenv", "current"],
	exec: (_v, [program, ...rest]) => ["goenv", "exec", basename(program), ...rest],
};

const asdf = {
	name: "asdf",
	command: "asdf",
	programs: ["asdf"],
	version: ["asdf", "--version"],
	says: /asdf version v?(\d[\d.\w-]*)|^v?(\d[\d.]+)/m,
	/** Beside the program: its Go plugin and a git repository with Go's tags. */
	needs: (peers) => [join(peers, "asdf-golang"), join(peers, "gorepo.git")],
	env: (r) => ({ ASDF_DATA_DIR: `${r}/.asdf` }),
	prepare: (r, run, { given, url }) => {
		run(["asdf", "plugin", "add", "golang", `${given}/asdf-golang`]);
		// The plugin's addresses are constants: its copy in this home is pointed at the mirror and at the repository.
		const scripts = `${r}/.asdf/plugins/golang/bin`;
		pointAt(`${scripts}/download`, "https://dl.google.com/go", `${url}/go`);
		pointAt(`${scripts}/list-all`, "https://github.com/golang/go", `file://${given}/gorepo.git`);
	},
	install: (v) => ["asdf", "install", "golang", v],
	select: (v) => ["asdf", "set", "-u", "golang", v],
	goroot: (r, v) => `${r}/.asdf/installs/golang/${v}/go`,
	shims: (r) => `${r}/.asdf/shims`,
	refresh: ["asdf", "reshim", "golang"],
	variable: (v) => ({ ASDF_GOLANG_VERSION: v }),
	pin: (d, v) => put(`${d}/.tool-versions`, `golang ${v}\n`),
	list: ["asdf", "list", "golang"],
	remote: ["asdf", "list", "all", "golang"],
	startup: () => 'export PATH="$ASDF_DATA_DIR/shims:$PATH"',
	/** The plugin's script for bash sets GOROOT once, when the shell starts: only zsh's follows a cd. */
	hook: (shell) =>
		shell === "zsh" ? 'export PATH="$ASDF_DATA_DIR/shims:$PATH"\n. "$HOME/.asdf/plugins/golang/set-env.zsh"' : undefined,
	which: ["asdf", "which", "go"],
	current: ["asdf", "current", "golang"],
	// It runs its shims' programs by name only.
	exec: (_v, [program, ...rest]) => ["asdf", "exec", basename(program), ...rest],
};

const g = {
	name: "g",
	command: "g",
	programs: ["g"],
	version: ["g", "--version"],
	says: /\bg version v?(\d[\d.\w-]*)/,
	env: (r, url) => ({ G_EXPERIMENTAL: "true", G_HOME: `${r}/.g`, G_MIRROR: `official|${url}/dl/` }),
	prepare: (r) =>
		put(`${r}/.g/env`, '#!/bin/sh\nexport GOROOT="$HOME/.g/go"\nexport PATH="$HOME/.g/bin:$GOROOT/bin:$GOPATH/bin:$PATH"\n'),
	install: (v) => ["g", "install", v],
	select: (v) => ["g", "use", v],
	goroot: (r, v) => `${r}/.g/versions/${v}`,
	list: ["g", "ls"],
	remote: ["g", "ls-remote"],
	startup: () => '. "$HOME/.g/env"',
};

const gobrew = {
	name: "gobrew",
	command: "gobrew",
	programs: ["gobrew"],
	version: ["gobrew", "version"],
	says: /gobrew version is v?([\d.\w-]+)/,
	env: (r, url) => ({ GOBREW_ROOT: r, GOBREW_REGISTRY: `${url}/dl/` }),
	install: (v) => ["gobrew", "install", v],
	select: (v) => ["gobrew", "use", v],
	goroot: (r, v) => `${r}/.gobrew/versions/${v}/go`,
	list: ["gobrew", "list"],
	remote: ["gobrew", "ls-remote"],
	startup: () => 'export PATH="$HOME/.gobrew/current/bin:$HOME/.gobrew/bin:$PATH"\nexport GOROOT="$HOME/.gobrew/current/go"',
};

const goup = {
	name: "goup",
	command: "goup",
	programs: ["goup"],
	version: ["goup", "--version"],
	says: /goup(?:-rs)?\s+(?:version\s+)?v?(\d[\d.\w-]*)/,
	env: (r, url) => ({
		GOUP_HOME: `${r}/.goup`,
		GOUP_GO_REGISTRY_INDEX: `official|${url}`,
		GOUP_GO_REGISTRY: `${url}/dl`,
	}),
	prepare: (r, run) => {
		mkdirSync(`${r}/.goup`, { recursive: true });
		run(["goup", "init"]);
	},
	install: (v) => ["goup", "install", `=${v}`],
	select: (v) => ["goup", "default", `go${v}`],
	goroot: (r, v) => `${r}/.goup/go${v}`,
	list: ["goup", "list"],
	remote: ["goup", "search"],
	startup: () => '. "$HOME/.goup/env"',
};

const mise = {
	name: "mise",
	command: "mise",
	programs: ["mise"],
	version: ["mise", "--version"],
	says: /(\d{4}\.\d+\.\d+)/,
	needs: (peers) => [join(peers, "gorepo.git")],
	env: (_r, url, peers) => ({
		MISE_GO_DOWNLOAD_MIRROR: `${url}/go`,
		MISE_GO_REPO: `file://${peers}/gorepo.git`,
		MISE_IDIOMATIC_VERSION_FILE_ENABLE_TOOLS: "go",
		MISE_USE_VERSIONS_HOST: "0",
		MISE_YES: "1",
	}),
	install: (v) => ["mise", "install", `go@${v}`],
	installAll: (versions) => ["mise", "install", ...versions.map((v) => `go@${v}`)],
	select: (v) => ["mise", "use", "-g", `go@${v}`],
	goroot: (r, v) => `${r}/.local/share/mise/installs/go/${v}`,
	shims: (r) => `${r}/.local/share/mise/shims`,
	refresh: ["mise", "reshim"],
	variable: (v) => ({ MISE_GO_VERSION: v }),
	pin: (d, v) => put(`${d}/.go-version`, `${v}\n`),
	list: ["mise", "ls", "go"],
	remote: ["mise", "ls-remote", "go"],
	startup: (shell) => `eval "$(mise activate ${shell})"`,
	hook: (shell) => `eval "$(mise activate ${shell})"`,
	which: ["mise", "which", "go"],
	current: ["mise", "current", "go"],
	exec: (_v, argv) => ["mise", "exec", "--", ...argv],
};

/** @type {Adapter[]} */
export const adapters = [goenv, asdf, g, gobrew, goup, mise];

/** The version in what a tool prints; undefined when it is another program of the same name. */
export function versionIn(adapter, text) {
	const match = adapter.says.exec(text.replace(/\x1b\[[0-9;]*m/g, ""));
	return match ? (match[1] ?? match[2] ?? "").trim() : undefined;
}

/**
 * The peers of this machine, and why each other one is left out.
 * @param {{ fresh: (name: string) => string }} place
 * @returns {{ tools: object[], absent: { name: string, why: string }[] }}
 */
export function findPeers(place, env = process.env) {
	const given = env.GOX_BENCH_PEERS;
	const path = [...(given ? [join(given, "bin")] : []), env.PATH ?? ""].join(delimiter);
	const tools = [];
	const absent = [];
	for (const adapter of adapters) {
		const found = look(adapter, path, given, place);
		if (typeof found === "string") absent.push({ name: adapter.name, why: found });
		else tools.push(found);
	}
	return { tools, absent };
}

function look(adapter, path, given, place) {
	const program = adapter.programs.map((name) => findProgram(name, path)).find(Boolean);
	if (!program) return "not found";
	const lacking = (adapter.needs?.(given ?? "/nonexistent") ?? []).filter((needed) => !existsSync(needed));
	if (lacking.length > 0)
		return `its ${lacking.map((needed) => needed.split("/").at(-1)).join(" and ")} isn't in GOX_BENCH_PEERS`;
	const tool = toolOf(adapter, program, given);
	const root = place.fresh(adapter.name);
	const { stdout, stderr } = spawnSync(program, adapter.version.slice(1), {
		env: tool.env(root, "http://127.0.0.1:1"),
		cwd: root,
		encoding: "utf8",
		timeout: 20_000,
	});
	const release = versionIn(adapter, `${stdout}${stderr}`);
	if (release === undefined) return `${program} is another program of that name, or another version`;
	return { ...tool, release };
}

/** An adapter bound to its program: `env` is the whole environment, and only the program itself is on PATH besides the system's. */
function toolOf(adapter, program, given) {
	const env = (root, url) => {
		const bin = `${root}/.bin`;
		mkdirSync(bin, { recursive: true });
		mkdirSync(`${root}/tmp`, { recursive: true });
		if (!existsSync(`${bin}/${adapter.command}`)) symlinkSync(program, `${bin}/${adapter.command}`);
		return { ...plainEnv(root), PATH: `${bin}:${systemPath}`, ...adapter.env(root, url, given) };
	};
	const prepare = (root, url) => {
		const run = (argv) => execFileSync(argv[0], argv.slice(1), { env: env(root, url), cwd: root, stdio: "ignore" });
		adapter.prepare?.(root, run, { given, url });
	};
	return { ...adapter, program, env, prepare };
}

/** What every tool gets. */
export function plainEnv(root) {
	return {
		HOME: root,
		ZDOTDIR: root,
		PATH: systemPath,
		TMPDIR: `${root}/tmp`,
		TERM: "dumb",
		LANG: "C.UTF-8",
		USER: "bench",
		SHELL: "/bin/sh",
		GOTOOLCHAIN: "local",
	};
}
