import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent, namesIn, readIfPresent } from "../fs.ts";
import { goSettings } from "../go/settings.ts";
import { parseToolchainVersion } from "../verify/dirhash.ts";
import { goInMiseToml } from "./misetoml.ts";

/** github.com/asdf-community/asdf-golang: `installs/golang/1.22.5/go`; the default is the home directory's .tool-versions. */
export const asdf: Finder = {
	tool: "asdf",
	goroots: (context) => ["golang", "go"].flatMap((plugin) => versionsIn(join(asdfRoot(context), "installs", plugin), "go")),
	preferred({ env, userHome }) {
		const file = env.ASDF_DEFAULT_TOOL_VERSIONS_FILENAME || ".tool-versions";
		const text = unlessUnreadable(() => readIfPresent(join(userHome, file))) ?? "";
		const word = /^[ \t]*(?:golang|go)[ \t]+([^\s#]+)/m.exec(text)?.[1];
		return word === undefined ? undefined : { word };
	},
};

function asdfRoot({ env, userHome }: Context): string {
	return env.ASDF_DATA_DIR || join(userHome, ".asdf");
}

/** github.com/stefanmaric/g: `~/.go/.versions/1.22.5`, and what is in the chosen one linked into `~/.go`. */
export const g: Finder = {
	tool: "g",
	goroots: ({ userHome }) => versionsIn(join(userHome, ".go/.versions")),
	preferred: ({ userHome }) => behind(join(userHome, ".go/bin")),
};

/** Another tool called g, github.com/voidint/g: `~/.g/versions/1.22.5`, and the chosen one linked to as `~/.g/go`. */
export const voidintG: Finder = {
	tool: "g",
	goroots: (context) => versionsIn(join(own(context), "versions")),
	preferred: (context) => behind(join(own(context), "go")),
};

function own({ env, userHome }: Parameters<Finder["goroots"]>[0]): string {
	return env.G_EXPERIMENTAL === "true" && env.G_HOME ? env.G_HOME : join(userHome, ".g");
}

/** github.com/kevincobain2000/gobrew: `versions/1.22.5/go`; `current/go` and `current/bin` are symlinks. */
export const gobrew: Finder = {
	tool: "gobrew",
	goroots: (context) => versionsIn(join(gobrewRoot(context), "versions"), "go"),
	preferred: (context) => behind(join(gobrewRoot(context), "current/go")) ?? behind(join(gobrewRoot(context), "current/bin")),
};

function gobrewRoot({ env, userHome }: Context): string {
	return join(env.GOBREW_ROOT || userHome, ".gobrew");
}

/** github.com/go-nv/goenv: `versions/1.22.5`; `goenv global` writes `version`. */
export const goenv: Finder = {
	tool: "goenv",
	goroots: (context) => versionsIn(join(goenvRoot(context), "versions")),
	preferred(context) {
		const word = firstLine(join(goenvRoot(context), "version"));
		return word === undefined ? undefined : { word };
	},
};

function goenvRoot({ env, userHome }: Context): string {
	return env.GOENV_ROOT || join(userHome, ".goenv");
}

/** github.com/owenthereal/goup: `~/.go/go1.22.5`, the chosen one linked to as `~/.go/current`; others use `~/.goup`. */
export const goup: Finder = {
	tool: "goup",
	goroots: ({ userHome }: Context) => [
		...versionsIn(join(userHome, ".go")),
		...versionsIn(join(userHome, ".goup")),
		...versionsIn(join(userHome, ".goup/versions")),
	],
	preferred: ({ userHome }: Context) => behind(join(userHome, ".go/current")) ?? behind(join(userHome, ".goup/current")),
};

/** github.com/moovweb/gvm: `gos/go1.20.4`; `gvm use --default` copies an environment to `environments/default`. */
export const gvm: Finder = {
	tool: "gvm",
	goroots: (context) => versionsIn(join(gvmRoot(context), "gos")),
	preferred(context) {
		const text = unlessUnreadable(() => readIfPresent(join(gvmRoot(context), "environments/default"))) ?? "";
		const name = /\bgvm_go_name="?(go[\w.]+)"?/.exec(text)?.[1];
		return name === undefined ? undefined : { goroot: join(gvmRoot(context), "gos", name) };
	},
};

function gvmRoot({ env, userHome }: Context): string {
	return env.GVM_ROOT || join(userHome, ".gvm");
}

/** mise.jdx.dev: `installs/go/1.22.5`, beside symlinks such as `1.22` and `latest`; the default is the global config's. */
export const mise: Finder = {
	tool: "mise",
	goroots: (context) =>
		versionsIn(join(data(context), "mise/installs/go")).concat(versionsIn(join(data(context), "rtx/installs/go"))),
	preferred({ env, userHome }) {
		const file = env.MISE_GLOBAL_CONFIG_FILE || join(env.XDG_CONFIG_HOME || join(userHome, ".config"), "mise/config.toml");
		const word = goInMiseToml(unlessUnreadable(() => readIfPresent(file)) ?? "");
		return word === undefined ? undefined : { word };
	},
};

function data({ env, userHome }: Context): string {
	if (env.MISE_DATA_DIR) return join(env.MISE_DATA_DIR, "..");
	return env.XDG_DATA_HOME || join(userHome, ".local/share");
}

/** Where Gos come from that gox didn't install. */
export type ForeignTool =
	| "gvm"
	| "goenv"
	| "g"
	| "gobrew"
	| "goup"
	| "asdf"
	| "mise"
	| "sdk"
	| "homebrew"
	| "system"
	| "module cache"
	| "path";

/** What one tool keeps where. */
export interface Finder {
	readonly tool: ForeignTool;
	/** Directories that may be GOROOTs; nothing in them is looked at. */
	goroots(context: Context): readonly string[];
	/** What the tool runs where no project asks for a version: a GOROOT, or a word such as `1.22`. */
	preferred?(context: Context): Preferred | undefined;
}

export type Preferred = { readonly goroot: string } | { readonly word: string };

/** The directories `DIRECTORY/NAME/below` for every name in it that could be a version. */
export function versionsIn(directory: string, below = ""): readonly string[] {
	return namesOf(directory)
		.filter((name) => /^(?:go)?\d/.test(name))
		.map((name) => join(directory, name, below));
}

/** As `namesIn`; none where the directory can't be read. */
export function namesOf(directory: string): readonly string[] {
	try {
		return namesIn(directory);
	} catch {
		return [];
	}
}

/** The GOROOT behind a symlink to it, to its bin directory or to a command in that. */
export function behind(link: string): Preferred | undefined {
	let path = unlessUnreadable(() => realpathSync(link));
	for (let up = 0; path !== undefined && up < 3; up++, path = dirname(path))
		if (existsSync(join(path, "VERSION")) && existsSync(join(path, "bin"))) return { goroot: path };
	return undefined;
}

/** The first line of a file that says something. */
export function firstLine(path: string): string | undefined {
	const lines = unlessUnreadable(() => readIfPresent(path))?.split("\n") ?? [];
	return lines.map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#"));
}

export function unlessUnreadable<T>(read: () => T): T | undefined {
	try {
		return ifPresent(read);
	} catch {
		return undefined;
	}
}

/** golang.org/dl: `~/sdk/go1.22.5`, complete once `.unpacked-success` is in it. */
export const sdk: Finder = {
	tool: "sdk",
	goroots: ({ userHome }) => versionsIn(join(userHome, "sdk")),
};

/** What the toolchains that Go downloaded for itself are kept as. */
export const moduleCache: Finder = {
	tool: "module cache",
	goroots(context) {
		const directory = join(moduleCacheOf(context), "golang.org");
		return namesOf(directory)
			.filter((name) => parseToolchainVersion(name.replace(/^toolchain@/, "")) !== undefined)
			.map((name) => join(directory, name));
	},
};

export function moduleCacheOf(context: Context): string {
	return goSettings(context, undefined).moduleCache;
}

const prefixes = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

/** Kegs `Cellar/go/1.22.5` and `Cellar/go@1.21/1.21.13`, each with its GOROOT in `libexec`. */
export const homebrew: Finder = {
	tool: "homebrew",
	goroots: ({ env, machineRoot = "/" }) =>
		[...new Set([env.HOMEBREW_PREFIX, ...prefixes.map((prefix) => join(machineRoot, prefix))])].flatMap((prefix) => {
			if (!prefix) return [];
			const cellar = join(prefix, "Cellar");
			const kegs = namesOf(cellar).filter((name) => /^go(?:lang)?(?:@[\d.]+)?$/.test(name));
			return kegs.flatMap((keg) => versionsIn(join(cellar, keg), "libexec"));
		}),
};

/** Where go.dev's installers and Linux distributions put it. */
export const system: Finder = {
	tool: "system",
	goroots({ machineRoot = "/" }) {
		const lib = join(machineRoot, "usr/lib");
		const debian = namesOf(lib).filter((name) => /^go-\d/.test(name));
		return [join(machineRoot, "usr/local/go"), ...debian.map((name) => join(lib, name)), join(lib, "golang"), join(lib, "go")];
	},
};

/** `toolchain@v0.0.1-go1.22.5.linux-amd64` is a module cache's directory, whose files are read-only. */
export function isModuleCacheTree(goroot: string): boolean {
	return parseToolchainVersion(basename(goroot).replace(/^toolchain@/, "")) !== undefined;
}
