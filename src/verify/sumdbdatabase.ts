import { GoxError, quote } from "../errors.ts";
import { parseVerifierKey, type VerifierKey } from "./note.ts";

/** A checksum database: its name, the key that signs its trees and, if GOSUMDB gives one, its address. */
export interface SumdbDatabase {
	readonly name: string;
	readonly key: VerifierKey;
	/** From `GOSUMDB="key url"`: asked directly, without proxies. */
	readonly url: string | undefined;
}

/** The key of Go's own database, as cmd/go publishes it (cmd/go/internal/modfetch/key.go). */
const publishedKeys: Readonly<Record<string, string>> = {
	"sum.golang.org": "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
};

/** Another address of the same database, as cmd/go knows it. */
const aliases: Readonly<Record<string, string>> = {
	"sum.golang.google.cn": "sum.golang.org https://sum.golang.google.cn",
};

/** The database of a Go without any setting. */
export const defaultGosumdb = "sum.golang.org";

/**
 * Reads GOSUMDB: `name`, `key`, `key url` or `name url`; undefined for `off`. Forms of cmd/go's modfetch.dbDial.
 * @throws GoxError `integrity` when it is none of these.
 */
export function parseGosumdb(text: string): SumdbDatabase | undefined {
	const setting = Object.hasOwn(aliases, text) ? aliases[text] : text;
	if (setting === "off") return undefined;
	const [word, url, ...more] = (setting ?? "").split(/\s+/).filter((part) => part !== "");
	if (word === undefined || more.length > 0) throw badSetting(text, "it is `name`, `key`, `key url` or `off`");
	const published = Object.hasOwn(publishedKeys, word) ? publishedKeys[word] : undefined;
	if (published === undefined && !word.includes("+")) throw badSetting(text, "the key of that database is not known");
	const key = parseVerifierKey(published ?? word);
	if (!isDatabaseName(key.name)) throw badSetting(text, "the database's name is not of the form host[/path]");
	if (url !== undefined && !/^https?:\/\//.test(url)) throw badSetting(text, "the address is not an http(s) URL");
	return { name: key.name, key, url };
}

/** Names become paths and addresses: a host, and words behind it, none of which can lead elsewhere. */
function isDatabaseName(name: string): boolean {
	return /^[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/.test(name) && !name.includes("..");
}

function badSetting(text: string, why: string): GoxError {
	return new GoxError("integrity", `GOSUMDB=${quote(text, 200)} can't be used: ${why}`, { hint: "go env -u GOSUMDB" });
}
