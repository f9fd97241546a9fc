import { type Context, type Env, once } from "./context.ts";
import { GoxError, quote } from "./errors.ts";
import { readIfPresent } from "./fs.ts";
import { strangerAt } from "./permissions.ts";

/** The settings of the config file, with their defaults; the file is lines of `key = value` and `#` comments. */
export interface Config {
	/** Whether the hook says which Go a project uses on entering it. */
	readonly announce: boolean;
	/** What the shim does when the Go that is asked for isn't installed. */
	readonly autoInstall: "ask" | "yes" | "no";
	/** Whether the tools of `default-tools` are installed with each new Go. */
	readonly defaultTools: boolean;
	/** fsync every file of a GOROOT, against power loss. */
	readonly durable: boolean;
	/** How a version takes over the files that another one has too: clones, else hard links, or not at all. */
	readonly dedupe: "clone" | "link" | "off";
	/** Whether Go is kept from switching away from an explicitly pinned version. */
	readonly strict: boolean;
	/** Base addresses of download mirrors, in order; GOX_MIRRORS wins. */
	readonly mirrors: readonly string[];
	/** Address of a go.dev-shaped index; GOX_INDEX wins. */
	readonly index: string | undefined;
	/** Who must vouch for what is installed; undefined for the default: table or index, and the database where it is reached. */
	readonly verify: "table" | "index" | "sumdb" | "pgp" | "all" | undefined;
	/** A file with the public key that signs Go's releases; GOX_PGP_KEY wins. */
	readonly pgpKey: string | undefined;
}

/** One setting: its name in the file, what it may be, and what it is for. */
export interface Setting {
	readonly name: string;
	readonly values: string;
	readonly preset: string;
	readonly summary: string;
	accepts(value: string): boolean;
}

/** Every GOX_* variable that sets something, as it stands in an environment; undefined where it isn't set or is empty. */
export interface Variables {
	/** GOX_HOME as written: empty, relative or with `..` too, so that it can be refused. */
	readonly home: string | undefined;
	/** GOX_VERSION as written. */
	readonly version: string | undefined;
	readonly index: string | undefined;
	/** Bases with commas between them. */
	readonly mirrors: string | undefined;
	readonly platform: string | undefined;
	readonly pgpKey: string | undefined;
	readonly timeout: string | undefined;
	/** Whether gox may not connect: GOX_OFFLINE is set to anything but `0`. */
	readonly offline: boolean;
	readonly unofficial: boolean;
	/** Whether GOX_LOG asks for everything. */
	readonly debug: boolean;
	/** Whether the hook's `gox use --strict` holds Go to the version that this shell chose. */
	readonly strict: boolean;
	/** The shell whose hook runs gox. */
	readonly hook: string | undefined;
	/** How many shims led here, as the last one wrote it. */
	readonly shimDepth: string | undefined;
	/** Set where a shim must not install anything. */
	readonly noAutoInstall: string | undefined;
}

/** Decodes the variables. Nothing else reads a GOX_* variable but context.ts, which needs two before there is a context. */
export function variablesIn(env: Env): Variables {
	const trimmed = (value: string | undefined) => value?.trim() || undefined;
	const { GOX_OFFLINE: offline = "" } = env;
	return {
		home: env.GOX_HOME,
		version: env.GOX_VERSION,
		index: trimmed(env.GOX_INDEX),
		mirrors: trimmed(env.GOX_MIRRORS),
		platform: trimmed(env.GOX_PLATFORM),
		pgpKey: trimmed(env.GOX_PGP_KEY),
		timeout: trimmed(env.GOX_TIMEOUT),
		offline: offline !== "" && offline !== "0",
		unofficial: env.GOX_UNOFFICIAL === "1",
		debug: env.GOX_LOG === "debug",
		strict: Boolean(env.GOX_STRICT),
		hook: env.GOX_HOOK,
		shimDepth: env.GOX_SHIM_DEPTH,
		noAutoInstall: env.GOX_NO_AUTO_INSTALL,
	};
}

/** Whether gox may not connect to anything. */
export function isOffline({ env }: Pick<Context, "env">): boolean {
	return variablesIn(env).offline;
}

/** A setting in force, and who made it: a variable's name or the config file's path. */
export interface Site {
	readonly value: string;
	readonly from: string;
}

/** Where lists and archives come from, where somebody said so. */
export interface Sites {
	readonly index: Site | undefined;
	/** Bases with commas between them. */
	readonly mirrors: Site | undefined;
}

/** The sites in force: a variable wins over the config file. Throws as `loadConfig`. */
export function sitesOf(context: Context): Sites {
	const variables = variablesIn(context.env);
	const config = once(() => loadConfig(context));
	const chosen = (name: string, variable: string | undefined, setting: (config: Config) => string | undefined) => {
		if (variable !== undefined) return { value: variable, from: name };
		const value = setting(config());
		return value ? { value, from: context.configFile } : undefined;
	};
	return {
		index: chosen("GOX_INDEX", variables.index, ({ index }) => index),
		mirrors: chosen("GOX_MIRRORS", variables.mirrors, ({ mirrors }) => mirrors.join(",")),
	};
}

const isSwitch = (value: string) => /^(on|off|true|false|yes|no)$/.test(value);

export const settings: readonly Setting[] = [
	{
		name: "announce",
		values: "on | off",
		preset: "on",
		summary: "say which Go a project uses on entering it",
		accepts: isSwitch,
	},
	{
		name: "auto_install",
		values: "ask | yes | no",
		preset: "ask",
		summary: "what `go` does when the version asked for isn't installed",
		accepts: (value) => /^(ask|yes|no)$/.test(value),
	},
	{
		name: "dedupe",
		values: "clone | link | off",
		preset: "clone",
		summary: "share equal files between versions: by clones where the disk has them, else by hard links (read-only files)",
		accepts: (value) => /^(clone|link|off)$/.test(value),
	},
	{
		name: "default_tools",
		values: "on | off",
		preset: "off",
		summary: "install the tools of `gox tools default` with each new Go",
		accepts: isSwitch,
	},
	{
		name: "durable",
		values: "on | off",
		preset: "off",
		summary: "fsync every file of a GOROOT, against power loss",
		accepts: isSwitch,
	},
	{
		name: "strict",
		values: "on | off",
		preset: "off",
		summary: "keep Go from switching away from an explicit pin (GOTOOLCHAIN=local)",
		accepts: isSwitch,
	},
	{
		name: "verify",
		values: "table | index | sumdb | pgp | all",
		preset: "",
		summary: "who must vouch for what is installed; unset: table or index, and Go's checksum database where it is reached",
		accepts: (value) => /^(table|index|sumdb|pgp|all)$/.test(value),
	},
	{ name: "mirrors", values: "BASE[,BASE…]", preset: "", summary: "download mirrors, in order", accepts: () => true },
	{
		name: "pgp_key",
		values: "FILE",
		preset: "",
		summary: "the public key that signs Go's releases, where the built-in one is too old",
		accepts: () => true,
	},
	{ name: "index", values: "URL", preset: "", summary: "address of a list of releases in go.dev's shape", accepts: () => true },
];

/**
 * Reads the config file; one that doesn't exist has every default.
 * @throws GoxError `bad-config` with file and line, for an unknown key or value; and for a file that another user wrote
 * or could write: it says who is believed.
 */
export function loadConfig(context: Context): Config {
	const values = readSettings(context);
	const on = (name: string, preset: boolean) => (values.has(name) ? /^(on|true|yes)$/.test(values.get(name) ?? "") : preset);
	return {
		announce: on("announce", true),
		autoInstall: (values.get("auto_install") as Config["autoInstall"] | undefined) ?? "ask",
		dedupe: (values.get("dedupe") as Config["dedupe"] | undefined) ?? "clone",
		defaultTools: on("default_tools", false),
		durable: on("durable", false),
		strict: on("strict", false),
		mirrors: (values.get("mirrors") ?? "")
			.split(",")
			.map((base) => base.trim())
			.filter(Boolean),
		index: values.get("index") || undefined,
		verify: values.get("verify") as Config["verify"],
		pgpKey: values.get("pgp_key") || undefined,
	};
}

/** The settings that the file itself makes: name → value as written. Throws as `loadConfig`. */
export function readSettings(context: Context): ReadonlyMap<string, string> {
	const values = new Map<string, string>();
	const stranger = strangerAt(context.configFile, context.uid);
	if (stranger)
		throw new GoxError("bad-config", `${context.configFile} says who is believed, but ${stranger.reason}`, {
			hint: stranger.fix,
		});
	const lines = (readIfPresent(context.configFile) ?? "").replace(/^\ufeff/, "").split(/\r?\n/);
	lines.forEach((line, index) => {
		const text = line.replace(/(^|\s)#.*$/, "").trim();
		if (text === "") return;
		const where = `${context.configFile}:${index + 1}`;
		const [, name, value] = /^([a-z_]+)\s*=\s*(.*)$/.exec(text) ?? [];
		if (name === undefined || value === undefined)
			throw new GoxError("bad-config", `${where}: ${quote(text)} is not of the form key = value`);
		checkSetting(name, value, where);
		values.set(name, value);
	});
	return values;
}

/** @throws GoxError `bad-config` for an unknown key or a value it can't have. */
export function checkSetting(name: string, value: string, where: string): void {
	const setting = settings.find((each) => each.name === name);
	if (!setting)
		throw new GoxError("bad-config", `${where}: there is no setting ${quote(name)}`, {
			hint: `the settings are: ${settings.map((each) => each.name).join(", ")}`,
		});
	if (/[\r\n]/.test(value))
		throw new GoxError("bad-config", `${where}: ${name} can't have a line break in it`, { hint: `${name} = ${setting.values}` });
	if (!setting.accepts(value))
		throw new GoxError("bad-config", `${where}: ${name} can't be ${quote(value)}`, { hint: `${name} = ${setting.values}` });
}
