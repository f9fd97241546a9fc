import type { Context } from "../context.ts";
import type { GoCommand } from "../releases/proxy/findgo.ts";
import { type GoEnvChanges, goEnvFilePath, parseGoEnv, readGoEnvText } from "../releases/proxy/goenvfile.ts";
import { shownGoproxy } from "../releases/proxy/goproxy.ts";
import { proxySettings } from "../releases/proxy/profile.ts";
import { shippedBy } from "./goinforce.ts";

/** One of Go's settings about proxies, as a go command sees it. */
export interface ProxySetting {
	readonly name: string;
	/** Undefined where nobody sets it. */
	readonly value: string | undefined;
	/** `environment`, a file, or a Go that has it built in; undefined where nobody sets it. */
	readonly from: string | undefined;
}

/**
 * The settings in force (cmd/go/internal/cfg): the environment, where an empty value counts as none; the go env file;
 * Go's own. GONOPROXY and GONOSUMDB are GOPRIVATE's where they aren't set.
 * @param changes as if these were written already
 */
export function settingsInForce(
	context: Context,
	go: GoCommand | undefined,
	changes: GoEnvChanges = new Map(),
): ReadonlyMap<string, ProxySetting> {
	const file = goEnvFilePath(context);
	const written = new Map<string, string | undefined>([...writtenSettings(file), ...changes]);
	const settings = new Map<string, ProxySetting>();
	for (const name of proxySettings) settings.set(name, settingOf(name));
	for (const name of ["GONOPROXY", "GONOSUMDB"]) {
		const general = settings.get("GOPRIVATE");
		if (settings.get(name)?.value === undefined && general?.value !== undefined)
			settings.set(name, { name, value: general.value, from: "GOPRIVATE" });
	}
	return settings;

	function settingOf(name: string): ProxySetting {
		const value = context.env[name];
		if (value) return { name, value, from: "environment" };
		const own = written.get(name);
		if (own) return { name, value: own, from: file };
		// An empty line in the go env file hides what go.env says.
		const shipped = own === undefined ? shippedBy(context, go, name) : undefined;
		return { name, value: shipped?.value, from: shipped?.from };
	}
}

/** What the go env file says; nothing where there is none. */
export function writtenSettings(file: string | undefined): ReadonlyMap<string, string> {
	return parseGoEnv((file && readGoEnvText(file)) ?? "");
}

/** A value fit to be printed. */
export function shownValue(value: string): string {
	return shownGoproxy(value).replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/g, "�");
}
