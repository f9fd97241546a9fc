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
