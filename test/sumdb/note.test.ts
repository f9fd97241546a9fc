import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { defaultGosumdb, keyHash, openNote, parseGosumdb, parseVerifierKey } from "../../src/sumdb/note.ts";
import { LogSigner } from "../support/sumdb/log.ts";
import { tried } from "../support/tally.ts";

const signer = new LogSigner("log.example.org");
const key = parseVerifierKey(signer.verifierKey);
const bytes = (text: string) => Buffer.from(text, "utf8");
const refusal = (run: () => unknown) => {
	try {
		run();
	} catch (error) {
		if (error instanceof GoxError) return `${error.code}: ${error.message}`;
		throw error;
	}
	return "accepted";
};

describe("a verifier key", () => {
	// The base64 may have a + too.
	const [, name = "", hash = "", base64 = ""] = /^([^+]*)\+([^+]*)\+(.*)$/.exec(signer.verifierKey) ?? [];
	const short = Buffer.from(base64, "base64").subarray(0, 32);
	const other = Buffer.concat([Buffer.of(2), Buffer.from(base64, "base64").subarray(1)]);
	it.each([
		["the published key of Go's database", parseGosumdb(defaultGosumdb)?.key.hash, "033de0ae"],
		["upper-case hexadecimal", parseVerifierKey(`${name}+${hash.toUpperCase()}+${base64}`).hash, hash],
	])("%s is read", (_what, found, wanted) => expect(found).toBe(wanted));

	it.each([
		["no hash", name, "malformed"],
		["no key", `${name}+${hash}`, "malformed"],
		["a short hash", `${name}+${hash.slice(1)}+${base64}`, "malformed"],
		["another key's hash", `${name}+00000000+${base64}`, "another key's"],
		["another name", `x${signer.verifierKey}`, "another key's"],
		["a blank in the name", `log example+${hash}+${base64}`, "malformed"],
		["an unknown algorithm", `${name}+${keyHash(name, other)}+${other.toString("base64")}`, "not Ed25519"],
		["a short key", `${name}+${keyHash(name, short)}+${short.toString("base64")}`, "malformed"],
		["base64 with a newline", `${signer.verifierKey}\n`, "malformed"],
	])("%s is refused", (_what, text, why) => expect(refusal(() => parseVerifierKey(text))).toContain(why));
});

describe("GOSUMDB", () => {
	it.each([
		["off", undefined],
		["sum.golang.org", { name: "sum.golang.org", url: undefined }],
		["sum.golang.google.cn", { name: "sum.golang.org", url: "https://sum.golang.google.cn" }],
		["sum.golang.org https://sums.corp.example/x", { name: "sum.golang.org", url: "https://sums.corp.example/x" }],
		[signer.verifierKey, { name: "log.example.org", url: undefined }],
		[`  ${signer.verifierKey}   http://127.0.0.1:9  `, { name: "log.example.org", url: "http://127.0.0.1:9" }],
	])("%j", (text, wanted) => {
		const found = parseGosumdb(text);
		expect(found && { name: found.name, url: found.url }).toEqual(wanted);
	});

	it.each([
		["", "GOSUMDB"],
		["a b c", "GOSUMDB"],
		["sum.example.org", "not known"],
		["constructor", "not known"],
		["sum.golang.org ftp://x", "not an http"],
		[new LogSigner("../../etc").verifierKey, "host[/path]"],
		[new LogSigner("host/../x").verifierKey, "host[/path]"],
		[new LogSigner("host/").verifierKey, "host[/path]"],
		[new LogSigner("host?x").verifierKey, "host[/path]"],
		[new LogSigner("user@host").verifierKey, "host[/path]"],
	])("%j is refused", (text, why) => expect(refusal(() => parseGosumdb(text))).toContain(why));
});

describe("a signed note", { tags: "fault-15" }, () => {
	const text = "first\n\nsecond\n";
	const note = signer.note(text);
	const line = note.slice(note.lastIndexOf("— "));
	const stranger = new LogSigner("stranger.example.org").note(text);
	const strangerLine = stranger.slice(stranger.lastIndexOf("— "));

	it.each([
		["signed by the key", note],
		["with a stranger's signature too", note + strangerLine],
		["with a stranger's signature first", `${text}\n${strangerLine}${line}`],
		["signed twice", note + line],
	])("%s gives its text", (_what, message) => expect(openNote(bytes(message), key)).toBe(text));

	it.each([
		["nothing", "", "no signatures"],
		["no signatures", text, "signature line is malformed"],
		["no final newline", note.slice(0, -1), "cut off"],
		["only a stranger's signature", stranger, "not signed by log.example.org"],
		["another text", note.replace("first", "First"), "signature is wrong"],
		["a key of the same name", new LogSigner("log.example.org").note(text), "not signed by"],
		["a carriage return", note.replaceAll("\n", "\r\n"), "not text"],
		["a NUL", note.replace("first", "fi\0st"), "not text"],
		["text behind the signature", `${note}more\n`, "malformed"],
		["101 signatures", note + strangerLine.repeat(100), "more than 100"],
		["unpadded base64", note.replace(/=+\n$/, "\n"), "malformed"],
		["bits set in base64's padding", note.replace(/(.)=\n$/, (_all, last) => `${after(last)}=\n`), "not canonical"],
	])("%s is refused", (_what, message, why) => expect(refusal(() => openNote(bytes(message), key))).toContain(why));

	it("that isn't UTF-8 is refused", () => {
		expect(refusal(() => openNote(Buffer.concat([Buffer.of(0xff), bytes(note)]), key))).toContain("not text");
		expect(refusal(() => openNote(Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes(note)]), key))).toContain(
			"signature is wrong",
		);
	});

	it("with any one byte changed is refused", (test) => {
		const original = bytes(note);
		fc.assert(
			fc.property(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), (position, flip) => {
				const changed = Buffer.from(original);
				changed[position] = (changed[position] ?? 0) ^ flip;
				expect(refusal(() => openNote(changed, key))).toMatch(/^integrity: /);
				tried(test);
			}),
		);
	});

	it("never fails otherwise, whatever the bytes", (test) => {
		fc.assert(
			fc.property(fc.uint8Array(), (message) => {
				expect(refusal(() => openNote(message, key))).toMatch(/^integrity: /);
				tried(test);
			}),
		);
	});
});

it("Ed25519 answers as RFC 8032 does for a key made elsewhere", () => {
	const pair = generateKeyPairSync("ed25519");
	const encoded = Buffer.concat([Buffer.of(1), pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32)]);
	const made = parseVerifierKey(`x+${keyHash("x", encoded)}+${encoded.toString("base64")}`);
	const signature = Buffer.concat([Buffer.from(made.hash, "hex"), sign(null, Buffer.from("t\n"), pair.privateKey)]);
	expect(openNote(bytes(`t\n\n— x ${signature.toString("base64")}\n`), made)).toBe("t\n");
});

/** The next letter of base64's alphabet: it differs only in bits that padding must leave zero. */
function after(letter: string): string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	return alphabet[alphabet.indexOf(letter) + 1] ?? "";
}
