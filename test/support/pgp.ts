import {
	config,
	enums,
	generateKey,
	LiteralDataPacket,
	PacketList,
	type PrivateKey,
	PublicKey,
	PublicSubkeyPacket,
	Signature,
	SignaturePacket,
	type Subkey,
} from "openpgp";

/** A key such as the one that signs Go's releases: a primary key, and signing subkeys that come and go. */
export interface SigningKey {
	readonly private: PrivateKey;
	/** Of the primary key, as gox pins it. */
	readonly fingerprint: string;
}

const day = 24 * 60 * 60;
export const year = 365 * day;

export async function signingKey(options: { born?: string; rsa?: boolean; subkey?: boolean } = {}): Promise<SigningKey> {
	const { born = "2020-01-01", rsa = false, subkey = false } = options;
	const { privateKey } = await generateKey({
		...(rsa ? { type: "rsa", rsaBits: 2048 } : { type: "ecc", curve: "ed25519Legacy" }),
		userIDs: [{ name: "Release Signing", email: "release@example.org" }],
		date: new Date(born),
		subkeys: subkey ? [{ sign: true }] : [],
		format: "object",
	});
	return { private: privateKey, fingerprint: privateKey.getFingerprint().toUpperCase() };
}

/** The key with one more signing subkey. */
export async function withSubkey(key: SigningKey, born: string, years?: number): Promise<SigningKey> {
	const grown = await key.private.addSubkey({
		sign: true,
		date: new Date(born),
		...(years && { keyExpirationTime: years * year }),
	});
	return { ...key, private: grown };
}

/** The key with its newest subkey revoked. */
export async function withRevokedSubkey(key: SigningKey, on: string, reason: "compromised" | "superseded"): Promise<SigningKey> {
	const subkeys = [...key.private.subkeys];
	const last = subkeys.pop() as Subkey;
	const flag = enums.reasonForRevocation[reason === "compromised" ? "keyCompromised" : "keySuperseded"];
	const revoked = await last.revoke(key.private.keyPacket as never, { flag }, new Date(on));
	const copy = key.private;
	copy.subkeys = [...subkeys, revoked];
	return { ...key, private: copy };
}

/** The armored public half, as it is published. */
export function published(key: SigningKey): string {
	return key.private.toPublic().armor();
}

export interface SignOptions {
	/** When, by the signer's clock. */
	readonly on?: string;
	/** Which subkey: 0 is the oldest; `primary`; the newest when not given. */
	readonly by?: number | "primary";
	readonly type?: "binary" | "text";
}

/** A detached signature, armored, made whether or not the key was valid at the time. */
export async function signed(key: SigningKey, bytes: Uint8Array, options: SignOptions = {}): Promise<string> {
	const { on = "2021-06-01", by = key.private.subkeys.length - 1, type = "binary" } = options;
	const signer = by === "primary" || by < 0 ? key.private.keyPacket : key.private.subkeys[by]?.keyPacket;
	if (!signer) throw new Error(`no subkey ${by}`);
	const packet = new SignaturePacket();
	packet.signatureType = enums.signature[type];
	packet.publicKeyAlgorithm = signer.algorithm as unknown as enums.publicKey;
	packet.hashAlgorithm = enums.hash.sha512;
	const literal = new LiteralDataPacket();
	(literal as unknown as { setBytes(bytes: Uint8Array, format: number): void }).setBytes(bytes, enums.literal.binary);
	if (type === "text") (literal as unknown as { setText(text: string): void }).setText(Buffer.from(bytes).toString("latin1"));
	// The type leaves out the last parameter, the configuration.
	await (packet.sign as (...args: unknown[]) => Promise<void>).call(packet, signer, literal, new Date(on), true, config);
	const list = new PacketList<SignaturePacket>();
	list.push(packet);
	return new Signature(list).armor();
}

/** The victim's published key with a subkey of somebody else's tacked on, as a forger would have it. */
export async function withForeignSubkey(victim: SigningKey, forger: SigningKey): Promise<string> {
	const list = victim.private.toPublic().toPacketList();
	const theirs = forger.private.toPublic().toPacketList();
	const from = theirs.findIndex((packet) => packet instanceof PublicSubkeyPacket);
	for (const packet of theirs.slice(from)) list.push(packet);
	return new PublicKey(list).armor();
}
