import type { PublicKey } from "openpgp";
import { GoxError } from "../errors.ts";

/** Whose signatures of Go's archives count. */
export interface PinnedKey {
	/** Of the primary key: 40 capital hex digits. Signing subkeys come and go below it. */
	readonly fingerprint: string;
	/** Where the key with its newest subkeys is published; what comes from there is held against the fingerprint. */
	readonly address: string;
}

/** "Google Inc. (Linux Packages Signing Authority)", which signs the archives on go.dev/dl. */
export const googleKey: PinnedKey = {
	fingerprint: "EB4C1BFD4F042F6DDDCCEC917721F63BD38B4796",
	address: "https://dl.google.com/dl/linux/linux_signing_key.pub",
};

/**
 * The pinned key out of a key file, armored or binary, which may hold others as well. Only the primary key's
 * fingerprint makes it that key; what else the file says is proven when a signature is checked.
 * @param where for messages
 * @throws GoxError `integrity` when it isn't there.
 */
export async function readPinnedKey(content: Uint8Array, pin: PinnedKey, where: string): Promise<PublicKey> {
	const keys = await keysIn(content).catch((cause: unknown) => {
		throw new GoxError("integrity", `${where} is not an OpenPGP public key`, { cause });
	});
	const pinned = keys.find((key) => fingerprintOf(key) === pin.fingerprint);
	if (pinned) return pinned;
	throw new GoxError(
		"integrity",
		`${where} holds another key than the one that signs Go's releases:\nit has ${keys.map(fingerprintOf).join(", ") || "none"}\nwanted is ${pin.fingerprint}`,
		{ hint: `curl -fO ${pin.address}` },
	);
}

/** The key that gox was built with, if it is the pinned one. */
export async function bundledKey(pin: PinnedKey): Promise<PublicKey | undefined> {
	const { default: bundled } = await import("../../data/release-key.json", { with: { type: "json" } });
	if (bundled.fingerprint !== pin.fingerprint) return undefined;
	return readPinnedKey(Buffer.from(bundled.armored), pin, "the key built into gox");
}

/** Of a primary key or a subkey, 40 capital hex digits. */
export function fingerprintOf(key: { getFingerprint(): string }): string {
	return key.getFingerprint().toUpperCase();
}

async function keysIn(content: Uint8Array): Promise<PublicKey[]> {
	const { readKeys } = await import("openpgp");
	const text = Buffer.from(content).toString("latin1");
	const start = text.indexOf("-----BEGIN PGP PUBLIC KEY BLOCK-----");
	const keys = start < 0 ? await readKeys({ binaryKeys: content }) : await allBlocks(text.slice(start));
	return keys.filter((key): key is PublicKey => !key.isPrivate());
}

/** A file may hold several armored blocks one after another; openpgp reads one. */
async function allBlocks(text: string) {
	const { readKeys } = await import("openpgp");
	const blocks = text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g) ?? [];
	if (blocks.length === 0) throw new Error("an armored block doesn't end");
	return (await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys })))).flat();
}
