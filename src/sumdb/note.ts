import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { GoxError, quote } from "../errors.ts";

/** Who may sign a note: a name, the first four bytes of the key's hash, and the Ed25519 key. */
export interface VerifierKey {
	readonly name: string;
	/** Eight hexadecimal digits. */
	readonly hash: string;
	readonly key: KeyObject;
}

/** The DER prefix of an Ed25519 public key (RFC 8410 §4), which both Node and Bun read. */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const algorithmEd25519 = 1;
const mostSignatures = 100;
const signaturePrefix = "— ";

/**
 * Reads a verifier key, `name+hash+base64` (golang.org/x/mod/sumdb/note).
 * @throws GoxError `integrity` for a malformed key or one whose hash isn't the key's.
 */
export function parseVerifierKey(text: string): VerifierKey {
	const [name = "", hash = "", ...rest] = text.split("+");
	const bytes = decodeBase64(rest.join("+"));
	if (!isName(name) || !/^[0-9a-f]{8}$/i.test(hash) || !bytes || bytes.length === 0) throw badKey(text, "it is malformed");
	if (keyHash(name, bytes) !== hash.toLowerCase()) throw badKey(text, "its hash is another key's");
	if (bytes[0] !== algorithmEd25519) throw badKey(text, "its algorithm is not Ed25519");
	if (bytes.length !== 33) throw badKey(text, "it is malformed");
	const key = createPublicKey({ key: Buffer.concat([spkiPrefix, bytes.subarray(1)]), format: "der", type: "spki" });
	return { name, hash: hash.toLowerCase(), key };
}

/**
 * The text that `key` has signed, out of a signed note: text, blank line, signature lines `— name base64`.
 * Signatures by unknown keys are passed over; one by `key` must be right.
 * Rules of golang.org/x/mod/sumdb/note.Open, with base64 in its canonical spelling only.
 * @throws GoxError `integrity`.
 */
export function openNote(message: Uint8Array, key: VerifierKey): string {
	const whole = noteText(message);
	const split = whole.lastIndexOf("\n\n");
	if (split < 0) throw refused(key, "it has no signatures");
	const text = whole.slice(0, split + 1);
	const signatures = whole.slice(split + 2);
	if (!signatures.endsWith("\n")) throw refused(key, "its signatures are cut off");
	const lines = signatures.slice(0, -1).split("\n");
	if (lines.length > mostSignatures) throw refused(key, `it has more than ${mostSignatures} signatures`);
	let signed = false;
	for (const line of lines) {
		const signature = parseSignature(line);
		if (!signature) throw refused(key, `a signature line is malformed or not canonical: ${quote(line)}`);
		if (signature.name !== key.name || signature.hash !== key.hash || signed) continue;
		if (!verify(null, Buffer.from(text), key.key, signature.bytes)) throw refused(key, "its signature is wrong");
		signed = true;
	}
	if (!signed) throw refused(key, `it is not signed by ${key.name}+${key.hash}`);
	return text;
}

/** UTF-8 without control characters but newline, as notes and records must be; undefined for anything else. */
export function decodeText(bytes: Uint8Array): string | undefined {
	try {
		const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
		return /[\u0000-\u0009\u000b-\u001f]/.test(text) ? undefined : text;
	} catch {
		return undefined;
	}
}

/** The key hash of a name and an encoded key: eight hexadecimal digits. */
export function keyHash(name: string, encodedKey: Uint8Array): string {
	return createHash("sha256").update(`${name}\n`).update(encodedKey).digest("hex").slice(0, 8);
}

function parseSignature(line: string): { name: string; hash: string; bytes: Uint8Array } | undefined {
	if (!line.startsWith(signaturePrefix)) return undefined;
	const words = line.slice(signaturePrefix.length);
	const blank = words.indexOf(" ");
	const name = words.slice(0, blank);
	const bytes = blank < 0 ? undefined : decodeBase64(words.slice(blank + 1));
	if (!bytes || bytes.length < 5 || !isName(name)) return undefined;
	return { name, hash: Buffer.from(bytes.subarray(0, 4)).toString("hex"), bytes: bytes.subarray(4) };
}

function noteText(message: Uint8Array): string {
	const text = decodeText(message);
	if (text === undefined) throw new GoxError("integrity", "a signed note holds bytes that are not text");
	return text;
}

function isName(name: string): boolean {
	return name !== "" && !/[\p{White_Space}+]/u.test(name);
}

function badKey(text: string, why: string): GoxError {
	return new GoxError("integrity", `the verifier key ${quote(text)} cannot be used: ${why}`, { hint: "go env GOSUMDB" });
}

function refused(key: VerifierKey, why: string): GoxError {
	return new GoxError("integrity", `a tree head of ${key.name} is refused: ${why}`);
}

/**
 * The bytes of padded standard base64, or undefined when the text is not the one canonical spelling
 * (RFC 4648 §3.5: no blanks, no set bits in the padding), so that no two texts stand for the same signature.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
	const bytes = Buffer.from(text, "base64");
	return bytes.toString("base64") === text ? bytes : undefined;
}

/** Padded standard base64. */
export function encodeBase64(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

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
