import type { PublicKey, Signature, SignaturePacket } from "openpgp";
import { GoxError } from "../errors.ts";
import { fingerprintOf } from "./releasekey.ts";

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
