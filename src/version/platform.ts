import { GoxError, quote } from "../errors.ts";

/** The four platforms gox installs for, in Go's own spelling `GOOS-GOARCH`. */
export const platforms = ["darwin-arm64", "darwin-amd64", "linux-amd64", "linux-arm64"] as const;

export type Platform = (typeof platforms)[number];

/** @throws GoxError `usage` for anything but the four platforms; `os/arch` with a slash is accepted. */
export function parsePlatform(text: string): Platform {
	const spelled = text.trim().toLowerCase().replace("/", "-");
	const found = platforms.find((platform) => platform === spelled);
	if (found) return found;
	throw new GoxError("usage", `${quote(text)} is not a platform that gox knows`, {
		hint: `one of: ${platforms.join(", ")}`,
	});
}

/** GOOS of a platform. */
export function osOf(platform: Platform): "darwin" | "linux" {
	return platform.startsWith("darwin") ? "darwin" : "linux";
}

/** GOARCH of a platform. */
export function archOf(platform: Platform): "arm64" | "amd64" {
	return platform.endsWith("arm64") ? "arm64" : "amd64";
}
