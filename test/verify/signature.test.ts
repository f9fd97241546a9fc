import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { createMessage, sign } from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import {
	bundledKey,
	DetachedSignature,
	fingerprintOf,
	googleKey,
	readPinnedKey,
	type Signer,
} from "../../src/verify/signature.ts";
import {
	published,
	type SigningKey,
	type SignOptions,
	signed,
	signingKey,
	withForeignSubkey,
	withRevokedSubkey,
	withSubkey,
} from "../support/pgp.ts";
import { tried } from "../support/tally.ts";

const archive = randomBytes(300_000);
const now = new Date("2026-01-01");

/** The whole way: key file and signature as they are published, the archive in pieces. */
async function verify(
	keyFile: string,
	fingerprint: string,
	asc: string | Uint8Array,
	bytes: Uint8Array = archive,
): Promise<Signer> {
	const key = await readPinnedKey(Buffer.from(keyFile), { fingerprint, address: "https://example.org/key" }, "the key file");
	const signature = await DetachedSignature.read(Buffer.from(asc), "x.asc");
	if (!signature.isBy(key)) throw new Error("foreign");
	const check = await signature.checkWith(key, now);
	for (let at = 0; at < bytes.length; at += 65_536) await check.write(bytes.subarray(at, at + 65_536));
	return check.end();
}

describe("a detached signature", { tags: "fault-14" }, () => {
	let rotating: SigningKey;
	let forger: SigningKey;
	beforeAll(async () => {
		const first = await withSubkey(await signingKey(), "2020-02-01", 3);
		rotating = await withSubkey(first, "2022-06-01", 3);
		forger = await withSubkey(await signingKey(), "2020-02-01");
	});

	it.each<[string, SignOptions]>([
		["by the first subkey in its time", { by: 0, on: "2021-06-01" }],
		["by the first subkey while the second one was there", { by: 0, on: "2022-12-01" }],
		["by the second subkey", { by: 1, on: "2022-12-01" }],
		["by the second subkey, which has expired meanwhile", { by: 1, on: "2025-05-30" }],
		["by the primary key", { by: "primary", on: "2024-01-01" }],
	])("%s is good, and names both keys", async (_, options) => {
		const signer = await verify(published(rotating), rotating.fingerprint, await signed(rotating, archive, options));
		const subkey = options.by === "primary" ? undefined : rotating.private.subkeys[options.by ?? 0];
		expect(signer).toEqual({
			primary: rotating.fingerprint,
			subkey: subkey ? subkey.getFingerprint().toUpperCase() : rotating.fingerprint,
			signedAt: new Date(options.on ?? ""),
		});
	});

	it.each<[string, SignOptions, RegExp]>([
		["made after the subkey expired", { by: 0, on: "2023-03-01" }, /its key doesn't count: .*expired/],
		["made before the subkey was born", { by: 1, on: "2022-01-01" }, /newer than the signature|future/],
		["from the future", { by: 1, on: "2026-02-01" }, /future/],
		["of a text", { by: 0, type: "text" }, /no signature of a file/],
	])("%s is refused", async (_, options, why) => {
		const asc = await signed(rotating, archive, options);
		await expect(verify(published(rotating), rotating.fingerprint, asc)).rejects.toMatchObject({
			code: "integrity",
			message: expect.stringMatching(why),
		});
	});

	it("of other bytes is refused: one bit, cut short, longer, empty", async () => {
		const asc = await signed(rotating, archive, { by: 0 });
		const flipped = Buffer.from(archive);
		flipped[299_999] = (flipped[299_999] ?? 0) ^ 1;
		for (const bytes of [flipped, archive.subarray(1), Buffer.concat([archive, Buffer.of(0)]), Buffer.alloc(0)])
			await expect(verify(published(rotating), rotating.fingerprint, asc, bytes)).rejects.toThrow(
				"x.asc is not a good signature: it is of other bytes",
			);
	});

	it("by a revoked subkey: a compromised one never counts, a superseded one counts for what it signed before", async () => {
		for (const [reason, good] of [
			["compromised", false],
			["superseded", true],
		] as const) {
			const key = await withSubkey(await signingKey(), "2020-02-01");
			const before = await signed(key, archive, { on: "2021-01-01" });
			const after = await signed(key, archive, { on: "2023-01-01" });
			const revoked = published(await withRevokedSubkey(key, "2022-01-01", reason));
			const early = verify(revoked, key.fingerprint, before);
			if (good) await expect(early).resolves.toMatchObject({ primary: key.fingerprint });
			else await expect(early).rejects.toThrow("revoked");
			await expect(verify(revoked, key.fingerprint, after)).rejects.toThrow("revoked");
		}
	});

	it("by somebody else's key is foreign, also when that key is called the same", async () => {
		await expect(verify(published(rotating), rotating.fingerprint, await signed(forger, archive))).rejects.toThrow("foreign");
	});

	it("by a foreign subkey tacked on to the pinned key is refused", async () => {
		const keyFile = await withForeignSubkey(rotating, forger);
		await expect(verify(keyFile, rotating.fingerprint, await signed(forger, archive))).rejects.toMatchObject({
			code: "integrity",
			message: expect.stringContaining("doesn't count"),
		});
	});

	it("made by openpgp itself with RSA, as Go's are, is good", async () => {
		const key = await signingKey({ rsa: true, subkey: true });
		const asc = await sign({
			message: await createMessage({ binary: archive }),
			signingKeys: key.private,
			detached: true,
			date: new Date("2021-01-01"),
		});
		await expect(verify(published(key), key.fingerprint, asc as string)).resolves.toMatchObject({ primary: key.fingerprint });
		await expect(verify(published(key), key.fingerprint, asc as string, archive.subarray(5))).rejects.toThrow("other bytes");
	});

	it.each([
		["nothing", ""],
		["a web page", "<!DOCTYPE html><title>404</title>"],
		["noise", "\u0000\u0001\u0002"],
		["an armor without content", "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n"],
		["a public key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxx\n-----END PGP PUBLIC KEY BLOCK-----\n"],
	])("%s is not a signature", async (_, content) => {
		await expect(DetachedSignature.read(Buffer.from(content), "x.asc")).rejects.toMatchObject({ code: "integrity" });
	});

	it("with any byte changed or cut off either still says the same or is refused with `integrity`", async (test) => {
		const asc = await signed(rotating, archive.subarray(0, 100), { by: 0 });
		await fc.assert(
			fc.asyncProperty(fc.nat(asc.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, change, cut) => {
				const bytes = Buffer.from(asc);
				bytes[at] = (bytes[at] ?? 0) ^ change;
				const outcome = await verify(
					published(rotating),
					rotating.fingerprint,
					cut ? bytes.subarray(0, at) : bytes,
					archive.subarray(0, 100),
				).catch((error: unknown) => error);
				const accepted = outcome instanceof Error ? undefined : (outcome as Signer).signedAt.toISOString();
				if (outcome instanceof Error)
					expect((outcome as Error & { code?: string }).code ?? outcome.message).toMatch(/^(integrity|foreign)$/);
				else expect(accepted).toBe("2021-06-01T00:00:00.000Z");
				tried(test);
			}),
			{ numRuns: 150 },
		);
	});

	it("keeps the writer waiting for nobody once the verdict is known, and can be abandoned", async () => {
		const key = await readPinnedKey(Buffer.from(published(rotating)), { ...rotating, address: "" }, "the key file");
		const signature = await DetachedSignature.read(Buffer.from(await signed(rotating, archive, { by: 0 })), "x.asc");
		const check = await signature.checkWith(key, now);
		await check.write(archive);
		check.abandon();
		for (let i = 0; i < 10; i++) await check.write(archive);
		await expect(check.end()).rejects.toMatchObject({ code: "integrity" });
	});
});

describe("a key file", { tags: "fault-14" }, () => {
	it("gives the pinned key among others, armored one after another", async () => {
		const [wanted, other] = [await signingKey(), await signingKey()];
		const file = Buffer.from(`some text\n${published(other)}\n${published(wanted)}`);
		const key = await readPinnedKey(file, { fingerprint: wanted.fingerprint, address: "https://example.org/key" }, "f");
		expect(fingerprintOf(key)).toBe(wanted.fingerprint);
	});

	it.each([
		["another key", async () => published(await signingKey())],
		["garbage", async () => "no key at all"],
		["nothing", async () => ""],
		["half a key", async () => published(await signingKey()).slice(0, 300)],
	])("%s is refused", async (_, content) => {
		await expect(readPinnedKey(Buffer.from(await content()), googleKey, "the key file")).rejects.toMatchObject({
			code: "integrity",
			message: expect.stringContaining("the key file"),
		});
	});
});

describe("the key built into gox", () => {
	it("is the pinned one, and each of its subkeys was bound to sign when it came", async () => {
		const key = await bundledKey(googleKey);
		if (!key) throw new Error("no bundled key");
		expect(fingerprintOf(key)).toBe("EB4C1BFD4F042F6DDDCCEC917721F63BD38B4796");
		expect(key.getUserIDs()).toEqual(["Google Inc. (Linux Packages Signing Authority) <linux-packages-keymaster@google.com>"]);
		expect(key.subkeys.length).toBeGreaterThanOrEqual(6);
		for (const subkey of key.subkeys) {
			const born = subkey.getCreationTime().getTime();
			const signing = await key.getSigningKey(subkey.getKeyID(), new Date(born + 86_400_000));
			expect(fingerprintOf(signing)).toBe(fingerprintOf(subkey));
			await expect(key.getSigningKey(subkey.getKeyID(), new Date(born + 4 * 365 * 86_400_000))).rejects.toThrow("expired");
		}
	});

	it("is nobody else's", async () => {
		expect(await bundledKey({ fingerprint: "00".repeat(20), address: "" })).toBeUndefined();
	});
});
