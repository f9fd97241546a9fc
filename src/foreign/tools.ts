import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Context, xdgHome } from "../context.ts";
import { ifPresent, namesIn, readIfPresent } from "../fs.ts";
import { goSettings } from "../go/settings.ts";
import { parseToolchainVersion } from "../verify/dirhash.ts";
import { goInMiseToml } from "./misetoml.ts";

/** What installs Gos, or puts them on PATH, besides gox. `go` is a Go that someone put on PATH by hand. */
export type ForeignToolName =
	| "gvm"
	| "goenv"
	| "gobrew"
	| "goup"
	| "g"
	| "asdf"
	| "mise"
	| "sdk"
	| "homebrew"
	| "system"
	| "module cache"
	| "path"
	| "go"
	| "conda"
	| "macports"
	| "nix"
	| "snap";

/** Everything that gox knows about another tool. To teach gox a tool, add a row to `foreignTools`. */
export interface ForeignTool {
	/** Two tools may share a name. */
	readonly name: ForeignToolName;
	/** What people call it. */
	readonly title: string;
	/** Directories that may be GOROOTs. What is in them isn't checked. */
	goroots?(context: Context): readonly string[];
	/** What the tool runs where no project asks for a version: a GOROOT, or a word such as `1.22`. */
	preferred?(context: Context): Preferred | undefined;
	/** Paths of a `go` on PATH that comes from the tool, with another title where one fits better. */
	readonly origins?: readonly (readonly [path: RegExp, title?: string])[];
	/** What it writes, or tells people to write, into start-up files. */
	readonly startup?: StartupMarks;
	/** A directory for programs of other tools too, where it puts `go`. `linksInto`: as symlinks into this directory. */
	sharedBin?(context: HomeAndEnv): { readonly directory: string; readonly linksInto?: string };
	/** The command after which it no longer writes its `go` into the shared directory. */
	readonly stop?: string;
}

/** How to recognize a tool's lines in a start-up file. */
export interface StartupMarks {
	/** The commands it is called by. */
	readonly commands?: RegExp;
	/** Directories and files of its own; the home directory is written `~`. */
	readonly paths: RegExp;
	/** Variables that nothing else reads. */
	readonly variables?: RegExp;
	/** It manages other languages too: only what this matches is about Go. */
	readonly goPart?: RegExp;
	/** A word in the comment above its lines. */
	readonly comment?: RegExp;
}

export type Preferred = { readonly goroot: string } | { readonly word: string };

type HomeAndEnv = Pick<Context, "env" | "userHome">;

const homebrewPrefixes = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

/**
 * The order counts. A GOROOT that two tools have belongs to the first, as does a line of a start-up file. A path of a
 * `go` belongs to the last: the module cache, for example, may lie inside gvm's directory.
 */
export const foreignTools: readonly ForeignTool[] = [
	{ name: "conda", title: "conda", origins: [[/conda|mamba/]] },
	{ name: "macports", title: "MacPorts", origins: [[/^\/opt\/local\//]] },
	{ name: "nix", title: "Nix", origins: [[/\/nix\/store\//]] },
	{ name: "snap", title: "snap", origins: [[/\/snap\//]] },
	// github.com/moovweb/gvm: `gos/go1.20.4`; `gvm use --default` copies an environment to `environments/default`.
	{
		name: "gvm",
		title: "gvm",
		goroots: (context) => versionsIn(join(gvmRoot(context), "gos")),
		preferred(context) {
			const text = unlessUnreadable(() => readIfPresent(join(gvmRoot(context), "environments/default"))) ?? "";
			const name = /\bgvm_go_name="?(go[\w.]+)"?/.exec(text)?.[1];
			return name === undefined ? undefined : { goroot: join(gvmRoot(context), "gos", name) };
		},
		origins: [[/\/\.gvm\//]],
		startup: {
			commands: /^gvm$/,
			paths: /(?:^|\/)\.gvm(?:\/|$)|^\$\{?GVM_ROOT\b/,
			variables: /^(?:GVM|gvm)_/,
			comment: /\bgvm\b/i,
		},
	},
	// github.com/go-nv/goenv: `versions/1.22.5`; `goenv global` writes `version`.
	{
		name: "goenv",
		title: "goenv",
		goroots: (context) => versionsIn(join(goenvRoot(context), "versions")),
		preferred(context) {
			const word = firstLine(join(goenvRoot(context), "version"));
			return word === undefined ? undefined : { word };
		},
		origins: [[/\/\.goenv\//]],
		startup: {
			commands: /^goenv$/,
			paths: /(?:^|\/)\.goenv(?:\/|$)|^\$\{?GOENV_ROOT\b|\/goenv\//,
			variables: /^GOENV_/,
			comment: /\bgoenv\b/i,
		},
	},
	// github.com/kevincobain2000/gobrew: `versions/1.22.5/go`; `current/go` and `current/bin` are symlinks.
	{
		name: "gobrew",
		title: "gobrew",
		goroots: (context) => versionsIn(join(gobrewRoot(context), "versions"), "go"),
		preferred: (context) => behind(join(gobrewRoot(context), "current/go")) ?? behind(join(gobrewRoot(context), "current/bin")),
		origins: [[/\/\.gobrew\//]],
		startup: {
			commands: /^gobrew$/,
			paths: /(?:^|\/)\.gobrew(?:\/|$)|^\$\{?GOBREW_ROOT\b/,
			variables: /^GOBREW_/,
			comment: /\bgobrew\b/i,
		},
	},
	// github.com/owenthereal/goup: `~/.go/go1.22.5`, the chosen one linked to as `~/.go/current`; others use `~/.goup`.
	{
		name: "goup",
		title: "goup",
		goroots: ({ userHome }) => [
			...versionsIn(join(userHome, ".go")),
			...versionsIn(join(userHome, ".goup")),
			...versionsIn(join(userHome, ".goup/versions")),
		],
		preferred: ({ userHome }) => behind(join(userHome, ".go/current")) ?? behind(join(userHome, ".goup/current")),
		origins: [[/\/\.go\/(?:current|go\d[^/]*)\/|\/\.goup\//]],
		startup: {
			commands: /^goup$/,
			paths: /(?:^|\/)\.goup(?:\/|$)|(?:^|\/)\.go\/(?:env|current)(?:\/|$)/,
			variables: /^GOUP_/,
			comment: /\bgoup\b/i,
		},
	},
	// github.com/stefanmaric/g: `~/.go/.versions/1.22.5`. What is in the chosen one is linked into `~/.go`, and its
	// commands into GOPATH/bin, where `go install` puts everybody's programs.
	{
		name: "g",
		title: "g",
		goroots: ({ userHome }) => versionsIn(join(userHome, ".go/.versions")),
		preferred: ({ userHome }) => behind(join(userHome, ".go/bin")),
		origins: [[/\/\.go\/\.versions\//]],
		startup: {
			paths: /(?:^|\/)\.go(?:\/bin|\/\.versions(?:\/.*)?)?\/?$/,
			comment: /\bg shell setup\b|\bg-install\b/i,
		},
		sharedBin: ({ env, userHome }) => ({
			directory: join((env.GOPATH || join(userHome, "go")).split(":")[0] ?? "", "bin"),
			linksInto: join(userHome, ".go"),
		}),
	},
	// Another tool called g, github.com/voidint/g: `~/.g/versions/1.22.5`, and the chosen one linked to as `~/.g/go`.
	{
		name: "g",
		title: "g",
		goroots: (context) => versionsIn(join(voidintRoot(context), "versions")),
		preferred: (context) => behind(join(voidintRoot(context), "go")),
		origins: [[/\/\.g\//]],
		startup: {
			paths: /(?:^|\/)\.g(?:\/|$)/,
			variables: /^G_(?:MIRROR|HOME|EXPERIMENTAL)$/,
		},
	},
	// github.com/asdf-community/asdf-golang: `installs/golang/1.22.5/go`; the default is the home directory's .tool-versions.
	{
		name: "asdf",
		title: "asdf",
		goroots: (context) => ["golang", "go"].flatMap((plugin) => versionsIn(join(asdfRoot(context), "installs", plugin), "go")),
		preferred({ env, userHome }) {
			const file = env.ASDF_DEFAULT_TOOL_VERSIONS_FILENAME || ".tool-versions";
			const text = unlessUnreadable(() => readIfPresent(join(userHome, file))) ?? "";
			const word = /^[ \t]*(?:golang|go)[ \t]+([^\s#]+)/m.exec(text)?.[1];
			return word === undefined ? undefined : { word };
		},
		origins: [[/\/\.asdf\//]],
		startup: {
			commands: /^asdf$/,
			paths: /(?:^|\/)\.asdf(?:\/|\}|$)|^\$\{?(?:ASDF_(?:DATA_)?DIR|_asdf_shims)\b|\/asdf\/|\/asdf\.(?:sh|fish)$|\basdf\)\//,
			variables: /^ASDF_|^_asdf_shims$/,
			goPart: /plugins\/golang\/|^ASDF_GOLANG_|\bgolang\b/,
			comment: /\basdf\b/i,
		},
		sharedBin: (context) => ({ directory: join(asdfRoot(context), "shims") }),
		stop: "asdf plugin remove golang",
	},
	// mise.jdx.dev: `installs/go/1.22.5`, beside symlinks such as `1.22` and `latest`; the default is the global config's.
	{
		name: "mise",
		title: "mise",
		goroots: (context) =>
			[miseRoot(context), join(dirname(miseRoot(context)), "rtx")].flatMap((root) => versionsIn(join(root, "installs/go"))),
		preferred({ env, userHome }) {
			const file = env.MISE_GLOBAL_CONFIG_FILE || join(xdgHome({ env, userHome }, "config"), "mise/config.toml");
			const word = goInMiseToml(unlessUnreadable(() => readIfPresent(file)) ?? "");
			return word === undefined ? undefined : { word };
		},
		origins: [[/\/mise\//]],
		startup: {
			commands: /^(?:mise|rtx)$/,
			paths: /\/(?:mise|rtx)\/(?:shims|installs)(?:\/|$)|^\$\{?MISE_DATA_DIR\b/,
			variables: /^(?:MISE|RTX)_/,
			goPart: /installs\/go\/|^(?:MISE|RTX)_GO_|\bgo@|\bgo\/\d/,
			comment: /\bmise\b|\brtx\b/i,
		},
		sharedBin: (context) => ({ directory: join(miseRoot(context), "shims") }),
		stop: "mise unuse --global go",
	},
	// golang.org/dl: `~/sdk/go1.22.5`, complete once `.unpacked-success` is in it.
	{
		name: "sdk",
		title: "golang.org/dl",
		goroots: ({ userHome }) => versionsIn(join(userHome, "sdk")),
		origins: [[/\/sdk\/go\d/]],
	},
	// Kegs `Cellar/go/1.22.5` and `Cellar/go@1.21/1.21.13`, each with its GOROOT in `libexec`.
	{
		name: "homebrew",
		title: "Homebrew",
		goroots: ({ env, machineRoot = "/" }) =>
			[...new Set([env.HOMEBREW_PREFIX, ...homebrewPrefixes.map((prefix) => join(machineRoot, prefix))])].flatMap((prefix) => {
				if (!prefix) return [];
				const cellar = join(prefix, "Cellar");
				const kegs = namesOf(cellar).filter((name) => /^go(?:lang)?(?:@[\d.]+)?$/.test(name));
				return kegs.flatMap((keg) => versionsIn(join(cellar, keg), "libexec"));
			}),
		origins: [
			[/\/opt\/homebrew\//],
			[/linuxbrew\//],
			[/\/usr\/local\/(?:Cellar|Homebrew|opt)\//, "the Intel Homebrew of /usr/local"],
		],
	},
	// Where go.dev's installers and Linux distributions put it.
	{
		name: "system",
		title: "the system's packages",
		goroots({ machineRoot = "/" }) {
			const lib = join(machineRoot, "usr/lib");
			const debian = namesOf(lib).filter((name) => /^go-\d/.test(name));
			return [join(machineRoot, "usr/local/go"), ...debian.map((name) => join(lib, name)), join(lib, "golang"), join(lib, "go")];
		},
		origins: [[/\/usr\/local\/go\//, "Go's installer"], [/\/usr\/lib(?:64)?\/go|\/usr\/lib(?:64)?\/golang/]],
	},
	// The toolchains that Go downloaded for itself.
	{
		name: "module cache",
		title: "Go's own toolchain switching",
		goroots(context) {
			const directory = join(moduleCacheOf(context), "golang.org");
			return namesOf(directory)
				.filter((name) => parseToolchainVersion(name.replace(/^toolchain@/, "")) !== undefined)
				.map((name) => join(directory, name));
		},
		origins: [[/golang\.org\/toolchain@/]],
	},
	{
		name: "go",
		title: "another Go",
		startup: {
			paths:
				/^\/usr\/(?:local|lib)\/go(?:-[\d.]+)?(?:\/|$)|^~\/sdk\/(?:go|\$)|^\$\{?GOROOT\b|^\/(?:opt\/homebrew|usr\/local|home\/linuxbrew\/\.linuxbrew)\/(?:opt|Cellar)\/go(?:@[\d.]+)?(?:\/|$)|^\$\((?:go env GOROOT|brew --prefix (?:go|golang)(?:@[\d.]+)?)\)/,
			variables: /^GOROOT(?:_FINAL)?$/,
		},
	},
];

/** The tools that have lines of their own in start-up files. */
export const toolsInStartupFiles = foreignTools.flatMap(({ name, startup }) => (startup ? [{ name, ...startup }] : []));

export function titleOf(name: ForeignToolName): string {
	return foreignTools.find((tool) => tool.name === name)?.title ?? name;
}

/** Which tool a `go` at this path comes from, in words; undefined where the path doesn't tell. */
export function originOf(path: string): string | undefined {
	const tool = foreignTools.findLast(({ origins = [] }) => origins.some(([pattern]) => pattern.test(path)));
	const [, title = tool?.title] = tool?.origins?.find(([pattern]) => pattern.test(path)) ?? [];
	return title;
}

function gvmRoot({ env, userHome }: HomeAndEnv): string {
	return env.GVM_ROOT || join(userHome, ".gvm");
}

function goenvRoot({ env, userHome }: HomeAndEnv): string {
	return env.GOENV_ROOT || join(userHome, ".goenv");
}

function gobrewRoot({ env, userHome }: HomeAndEnv): string {
	return join(env.GOBREW_ROOT || userHome, ".gobrew");
}

function voidintRoot({ env, userHome }: HomeAndEnv): string {
	return env.G_EXPERIMENTAL === "true" && env.G_HOME ? env.G_HOME : join(userHome, ".g");
}

export function asdfRoot({ env, userHome }: HomeAndEnv): string {
	return env.ASDF_DATA_DIR || join(userHome, ".asdf");
}

export function miseRoot({ env, userHome }: HomeAndEnv): string {
	return env.MISE_DATA_DIR || join(xdgHome({ env, userHome }, "data"), "mise");
}

export function moduleCacheOf(context: Context): string {
	return goSettings(context, undefined).moduleCache;
}

/** The directories `DIRECTORY/NAME/below` for every name in it that could be a version. */
function versionsIn(directory: string, below = ""): readonly string[] {
	return namesOf(directory)
		.filter((name) => /^(?:go)?\d/.test(name))
		.map((name) => join(directory, name, below));
}

/** As `namesIn`; none where the directory can't be read. */
function namesOf(directory: string): readonly string[] {
	try {
		return namesIn(directory);
	} catch {
		return [];
	}
}

/** The GOROOT behind a symlink to it, to its bin directory or to a command in that. */
function behind(link: string): Preferred | undefined {
	let path = unlessUnreadable(() => realpathSync(link));
	for (let up = 0; path !== undefined && up < 3; up++, path = dirname(path))
		if (existsSync(join(path, "VERSION")) && existsSync(join(path, "bin"))) return { goroot: path };
	return undefined;
}

/** The first line of a file that says something. */
function firstLine(path: string): string | undefined {
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

/** `toolchain@v0.0.1-go1.22.5.linux-amd64` is a module cache's directory, whose files are read-only. */
export function isModuleCacheTree(goroot: string): boolean {
	return parseToolchainVersion(basename(goroot).replace(/^toolchain@/, "")) !== undefined;
}
