type Platform = "darwin-arm64" | "darwin-amd64" | "linux-amd64" | "linux-arm64";

/** What shims/prebuilt/SHA256SUMS records: paths relative to it → SHA-256 in hex, and the zig that built. */
export interface Sums {
	readonly files: ReadonlyMap<string, string>;
	readonly zig: string | undefined;
}

export const shimsDir: string;
export const prebuiltDir: string;
export const targets: Readonly<Record<Platform, string>>;
export const warnings: readonly string[];
export function findZig(): string[] | undefined;
export function zigVersion(zig: readonly string[]): string;
export function hostTarget(): Platform | undefined;
export function buildWithZig(zig: readonly string[], platform: Platform, directory: string): string;
export function buildWithCc(directory: string): string | undefined;
export function readSums(): Sums;
export function sources(): string[];
export function sha256(path: string): string;
export function isFresh(platform: Platform, sums?: Sums): boolean;
/** Throws when the host's shim can be neither copied nor built. */
export function placeShims(distDir: string, log?: (line: string) => void): Promise<void>;
export function rebuildPrebuilt(): void;
