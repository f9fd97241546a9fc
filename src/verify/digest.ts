import * as crypto from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of a file's bytes in lower-case hex. File-system errors are thrown as they come. */
export async function sha256OfFile(path: string): Promise<string> {
	const hash = crypto.createHash("sha256");
	for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
	return hash.digest("hex");
}

/** SHA-256 of bytes in memory in lower-case hex: for a small file, without the cost of a stream. */
export function sha256Of(bytes: Uint8Array): string {
	return crypto.hash("sha256", bytes);
}
