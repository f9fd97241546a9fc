import type { PublicKey, Signature, SignaturePacket } from "openpgp";
import { GoxError } from "../errors.ts";

/** No signature is a tenth as long; a login page may be longer. */
export const largestSignature = 64 * 1024;

/** Who signed an archive. */
export interface Signer {
	/** Fingerprints, 40 capital hex digits; they are the same where the primary key itself signed. */
	readonly primary: string;
	readonly subkey: string;
	/** By the signer's clock. */
	readonly signedAt: Date;
}

/** A detached signature of an archive as it was fetched: whose it claims to be is known, and nothing proven. */
export class DetachedSignature {
	readonly #packets: readonly SignaturePacket[];
	/** For messages. */
	readonly where: string;

	private constructor(packets: readonly SignaturePacket[], where: string) {
		this.#packets = packets;
		this.where = where;
	}

	/**
	 * Reads a `.asc`.
	 * @throws GoxError `integrity` when it isn't an OpenPGP signature of a file's bytes.
	 */
	static async read(content: Uint8Array, where: string): Promise<DetachedSignature> {
		const { enums, readSignature } = await import("openpgp");
		const armoredSignature = Buffer.from(content).toString("latin1");
		const signature: Signature = await readSignature({ armoredSignature }).catch((cause: unknown) => {
			throw new GoxError("integrity", `${where} is not an OpenPGP signature`, { cause });
		});
		const packets = signature.packets.filter((packet) => packet.signatureType === enums.signature.binary);
		if (packets.length === 0) throw new GoxError("integrity", `${where} holds no signature of a file`);
		return new DetachedSignature([...packets], where);
	}

	/** The IDs of the keys that it claims to be made with, in capital hex digits. */
	get issuers(): string[] {
		return this.#packets.map((packet) => packet.issuerKeyID.toHex().toUpperCase());
	}

	/** Whether it claims to be made with the key or one of its subkeys. */
	isBy(key: PublicKey): boolean {
		return this.#by(key) !== undefined;
	}

	/**
	 * Begins to check it over an archive's bytes, which are then written to the check.
	 * @param now signatures from after it are refused
	 */
	async checkWith(key: PublicKey, now: Date): Promise<SignatureCheck> {
		const { enums } = await import("openpgp");
		const packet = this.#by(key);
		const [issuer] = packet ? key.getKeys(packet.issuerKeyID) : [];
		if (!packet || !issuer) throw new GoxError("internal", `${this.where} is not by ${fingerprintOf(key)}`);
		const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
		// What a literal data packet answers; openpgp clones a real one's stream, and then nobody draws from it.
		const bytes = { text: null, getBytes: () => readable };
		const verdict = (async (): Promise<Signer> => {
			const signedAt = packet.created;
			await packet.verify(issuer.keyPacket, enums.signature.binary, bytes, now, true);
			if (!signedAt || issuer.getCreationTime() > signedAt) throw new Error("the key is newer than the signature");
			// Bound to the primary key, not revoked and not expired, all of it when the signature was made.
			const signing = await key.getSigningKey(packet.issuerKeyID, signedAt);
			return { primary: fingerprintOf(key), subkey: fingerprintOf(signing), signedAt };
		})();
		return new SignatureCheck(writable.getWriter(), verdict, this.where);
	}

	#by(key: PublicKey): SignaturePacket | undefined {
		return this.#packets.find((packet) => key.getKeys(packet.issuerKeyID).length > 0);
	}
}

/** A signature being checked while the bytes that it is over pass by; nothing of them is kept. */
export class SignatureCheck {
	readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
	readonly #verdict: Promise<Signer>;
	readonly #settled: Promise<void>;
	#decided = false;
	readonly #where: string;

	constructor(writer: WritableStreamDefaultWriter<Uint8Array>, verdict: Promise<Signer>, where: string) {
		this.#writer = writer;
		this.#verdict = verdict;
		this.#settled = verdict.then(
			() => this.#decide(),
			() => this.#decide(),
		);
		this.#where = where;
		writer.closed.catch(() => {});
	}

	/** The next bytes of the file; resolves when there is room for more. A verdict before its time is kept for `end`. */
	async write(chunk: Uint8Array): Promise<void> {
		if (this.#decided) return;
		await Promise.race([this.#writer.write(chunk).catch(() => {}), this.#settled]);
	}

	/**
	 * The file ends here.
	 * @throws GoxError `integrity` with the reason when the signature isn't good.
	 */
	async end(): Promise<Signer> {
		this.#writer.close().catch(() => {});
		try {
			return await this.#verdict;
		} catch (cause) {
			throw new GoxError("integrity", `${this.#where} is not a good signature: ${reasonOf(cause)}`, { cause });
		}
	}

	/** Stops without a verdict. */
	abandon(): void {
		this.#writer.abort().catch(() => {});
	}

	#decide(): void {
		this.#decided = true;
	}
}

/** openpgp's own words, but for the commonest: the file isn't the one that was signed. */
function reasonOf(cause: unknown): string {
	const message = cause instanceof Error ? cause.message : String(cause);
	if (/Signed digest did not match|Signature verification failed/.test(message)) return "it is of other bytes";
	return message.replace(/^Could not find valid signing key packet in key [0-9a-f]+: /, "its key doesn't count: ");
}

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
