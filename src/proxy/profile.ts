import { GoxError, quote } from "../errors.ts";
import type { AddressRules } from "../fetch/address.ts";
import type { GoEnvChanges } from "../go/envfile.ts";
import { parseGosumdb } from "../sumdb/note.ts";
import { type ProxyEntry, parseGoproxy } from "./goproxy.ts";

/** The settings that a profile is made of, and those that are shown with them. */
export const proxySettings = ["GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB"] as const;

/** Where modules shall come from. */
export interface Profile {
	readonly name: "public" | "mirror" | "company";
	/** For `mirror` and `company`: an address, or several separated by `,` or `|`. */
	readonly address?: string | undefined;
	/** GOPRIVATE: whose modules are neither looked up in the checksum database nor asked of proxies. */
	readonly private?: string | undefined;
	/** Private modules come from the proxies all the same, and are only not looked up. */
	readonly privateByProxy: boolean;
	/** GOSUMDB, where it isn't Go's own. */
	readonly sumdb?: string | undefined;
}

/**
 * What to write for a profile. `public` takes the user's own settings out, so that those of GOROOT/go.env are in force;
 * `mirror` is asked first and then each module's own repository; `company` is asked first and then the proxies that Go asks by default.
 * What is private stays so in every profile.
 *
 * @param written what the go env file says now
 * @param shipped GOPROXY as Go has it by itself; undefined where no Go says so
 * @throws GoxError `usage` for an address, a database or patterns that can't be used.
 */
export function changesFor(
	profile: Profile,
	written: ReadonlyMap<string, string>,
	shipped: string | undefined,
	rules: AddressRules,
): GoEnvChanges {
	const changes = new Map<string, string | undefined>();
	changes.set("GOPROXY", listOf(profile, shipped, rules));
	changes.set("GOSUMDB", profile.sumdb === undefined ? undefined : checkedDatabase(profile.sumdb));
	if (profile.private !== undefined) {
		changes.set("GOPRIVATE", checkedPatterns(profile.private));
		changes.set("GONOSUMDB", undefined);
		changes.set("GONOPROXY", undefined);
	}
	if (profile.privateByProxy) {
		if (profile.private === undefined && !written.get("GOPRIVATE"))
			throw new GoxError("usage", "--private-by-proxy wants to know what is private", { hint: "--private 'corp.example/*'" });
		changes.set("GONOPROXY", "none");
	} else if (profile.name !== "company" && written.get("GONOPROXY") === "none") {
		// It was for a company's proxy; others would be told the names of private modules.
		changes.set("GONOPROXY", undefined);
	}
	return new Map([...changes].filter(([name, value]) => written.get(name) !== value));
}

function listOf({ name, address }: Profile, shipped: string | undefined, rules: AddressRules): string | undefined {
	if (name === "public") return undefined;
	const list = (address ?? "").trim().replace(/[,|]+$/, "");
	if (list === "")
		throw new GoxError("usage", `${name} wants an address`, { hint: `gox proxy use ${name} https://proxy.example` });
	if (/[\s\u0000-\u001f\u007f]/.test(list)) throw new GoxError("usage", "an address of a proxy has no blanks in it");
	const entries = parseGoproxy(list, rules);
	if (entries[0]?.kind !== "proxy")
		throw new GoxError("usage", `${name} wants a proxy's address, not ${entries[0]?.kind}`, {
			hint: `go env -w GOPROXY=${entries[0]?.kind}`,
		});
	if (isClosed(entries)) return list;
	return `${list},${name === "company" ? (shipped ?? "direct") : "direct"}`;
}

function isClosed(entries: readonly ProxyEntry[]): boolean {
	return entries.at(-1)?.kind !== "proxy";
}

function checkedDatabase(text: string): string {
	try {
		parseGosumdb(text);
		return text;
	} catch (error) {
		if (!(error instanceof GoxError)) throw error;
		throw new GoxError("usage", error.message.replace("GOSUMDB=", "--sumdb "), { hint: "--sumdb sum.golang.org" });
	}
}

function checkedPatterns(text: string): string {
	const patterns = text.split(",").map((each) => each.trim());
	const odd = patterns.find((each) => each === "" || /[\s\u0000-\u001f\u007f]|:\/\//.test(each));
	if (odd === undefined) return patterns.join(",");
	throw new GoxError("usage", `--private: ${quote(odd)} is no pattern of module paths`, {
		hint: "--private 'corp.example/*,*.corp.example'",
	});
}

/**
 * Which profile a GOPROXY is of; `own` for a list of any other shape.
 * @param shipped as for `changesFor`
 */
export function profileOf(
	value: string | undefined,
	shipped: string | undefined,
): "public" | "mirror" | "company" | "direct" | "off" | "own" {
	if (value === undefined || value === shipped) return "public";
	if (shipped !== undefined && value.endsWith(`,${shipped}`)) return "company";
	if (value === "direct" || value === "off") return value;
	return /^[^,|]+(?:[,|][^,|]+)*,direct$/.test(value) && !/(?:^|[,|])(?:off|direct)[,|]/.test(value) ? "mirror" : "own";
}
