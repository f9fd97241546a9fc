import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { PublicKey } from "openpgp";
import { loadConfig, variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { fileUnder, hostOf, shown } from "../fetch/address.ts";
import { Client, getDocument } from "../fetch/client.ts";
import { NetworkError, neverReached } from "../fetch/failure.ts";
import { ifPresent, makeDirectory, writeFileAtomic } from "../fs.ts";
import {
	bundledKey,
	DetachedSignature,
	fingerprintOf,
	googleKey,
	largestSignature,
	type PinnedKey,
	readPinnedKey,
	type SignatureCheck,
} from "../verify/signature.ts";

/** A key file with a hundred subkeys stays below. */
const largestKeyFile = 1024 * 1024;

/** A signature that is worth checking, by the pinned key as it says; `check` begins anew with each call. */
export interface ArchiveSignature {
	check(): Promise<SignatureCheck>;
}

/**
 * The detached signature of an archive, `BASE/FILE.asc`, from the first mirror that has one made with the key that
 * signs Go's releases. Nothing is proven yet.
 * @throws GoxError `integrity` when no mirror has one; `network` or `offline` when none could be asked.
 */
export async function fetchSignature(
	context: Context,
	filename: string,
	mirrors: readonly URL[],
	options: { readonly insecure: boolean; readonly note: (text: string) => void },
): Promise<ArchiveSignature> {
	const client = new Client(context, { insecure: options.insecure });
	const failures: GoxError[] = [];
	try {
		const keys = await releaseKeys(context, client);
		for (const mirror of mirrors) {
			const url = fileUnder(mirror, `${filename}.asc`);
			try {
				const signature = await DetachedSignature.read(await get(client, url, largestSignature), shown(url));
				const key = await keys(signature);
				options.note(`${shown(url)}: by a key of ${fingerprintOf(key)}`);
				return { check: () => signature.checkWith(key, context.now()) };
			} catch (error) {
				if (!(error instanceof GoxError) || !["network", "offline", "integrity"].includes(error.code)) throw error;
				failures.push(error);
			}
		}
	} finally {
		await client.close();
	}
	throw noSignature(filename, failures);
}

function noSignature(filename: string, failures: readonly GoxError[]): GoxError {
	const [first] = failures;
	if (first && failures.every((error) => error.code === "offline")) return first;
	const unasked = failures.every((error) => error.code === "offline" || (error instanceof NetworkError && neverReached(error)));
	return new GoxError(
		unasked ? "network" : "integrity",
		[
			`no signature of ${filename} by the key that signs Go's releases could be had:`,
			...failures.map(({ message }) => `  ${message}`),
		].join("\n"),
		{ cause: failures.at(-1) },
	);
}

/** Finds the pinned key that a signature is by. */
type KeyFinder = (signature: DetachedSignature) => Promise<PublicKey>;

/**
 * The pinned key: the file that GOX_PGP_KEY or the config names and no other; else the one that gox was built with, the
 * one that was fetched before, and the one that is published, each asked only if those before it lack the subkey.
 */
async function releaseKeys(context: Context, client: Client): Promise<KeyFinder> {
	const pin = context.releaseKey ?? googleKey;
	const cache = join(context.cacheDir, "release-key.pub");
	const named = variablesIn(context.env).pgpKey ?? loadConfig(context).pgpKey;
	const only = named ? await namedKey(resolve(context.cwd, named), pin) : undefined;
	const editions = only
		? [async () => only]
		: [() => bundledKey(pin), () => keptKey(cache, pin), () => publishedKey(client, cache, pin)];
	return async (signature) => {
		let reason = "";
		for (const edition of editions) {
			const key = await edition().catch((error: unknown) => {
				if (!(error instanceof GoxError) || error.code === "interrupted") throw error;
				reason = `; the newest edition of that key could not be had: ${error.message}`;
				return undefined;
			});
			if (key && signature.isBy(key)) return key;
		}
		const claimed = signature.issuers.join(" and ");
		throw new GoxError("integrity", `${signature.where} is by ${claimed}, which is no key of ${pin.fingerprint}${reason}`);
	};
}

async function namedKey(path: string, pin: PinnedKey): Promise<PublicKey> {
	try {
		return await readPinnedKey(readFileSync(path), pin, path);
	} catch (error) {
		const code = systemCode(error);
		if (code === undefined || error instanceof GoxError) throw error;
		throw new GoxError("file-system", `the key file that GOX_PGP_KEY or pgp_key names can't be read: ${path} (${code})`, {
			hint: "gox config pgp_key --unset",
			cause: error,
		});
	}
}

async function keptKey(cache: string, pin: PinnedKey): Promise<PublicKey | undefined> {
	const content = ifPresent(() => readFileSync(cache));
	return content && (await readPinnedKey(content, pin, cache).catch(() => undefined));
}

async function publishedKey(client: Client, cache: string, pin: PinnedKey): Promise<PublicKey> {
	const url = new URL(pin.address);
	const content = await get(client, url, largestKeyFile);
	const key = await readPinnedKey(content, pin, shown(url));
	try {
		makeDirectory(dirname(cache));
		writeFileAtomic(cache, content);
	} catch {
		// A cache that can't be written makes the next look-up slower, and this one no worse.
	}
	return key;
}

async function get(client: Client, url: URL, limit: number): Promise<Buffer> {
	const { status, bytes } = await getDocument(client, url, { limit });
	if (status === 200) return bytes;
	throw new NetworkError(status >= 500 ? "busy" : "missing", hostOf(url), `${shown(url)} is not there (${status})`);
}
