import { GoxError } from "../errors.ts";
import { type NetworkError, neverReached } from "./failure.ts";

export interface MirrorFailure {
	/** Host and port, or a file's directory. */
	readonly mirror: string;
	readonly failure: NetworkError;
}

/** No mirror delivered a file: each with its reason. */
export class DownloadError extends GoxError {
	readonly failures: readonly MirrorFailure[];

	constructor(filename: string, failures: readonly MirrorFailure[]) {
		const wrong = failures.filter(({ failure }) => failure.kind === "wrong");
		const hint = failures.map(({ failure }) => failure.hint).find((text) => text !== undefined);
		super(wrong.length > 0 ? "integrity" : "network", messageOf(filename, failures), {
			...(hint && { hint }),
			cause: failures.at(-1)?.failure,
		});
		this.name = "DownloadError";
		this.failures = failures;
	}

	/** No mirror was ever asked for the file: something stands in between (DNS, a firewall, a login page). Another way may do. */
	get noneReached(): boolean {
		return this.failures.every(({ failure }) => neverReached(failure));
	}

	/** Every mirror that was reached says that it doesn't have the file. */
	get missing(): boolean {
		return !this.noneReached && this.failures.every(({ failure }) => failure.kind === "missing" || neverReached(failure));
	}
}

function messageOf(filename: string, failures: readonly MirrorFailure[]): string {
	const [only] = failures;
	if (failures.length === 1 && only) return `${filename} could not be downloaded from ${only.mirror}: ${only.failure.reason}`;
	return [`${filename} could not be downloaded`, ...failures.map(({ mirror, failure }) => `  ${mirror}: ${failure.reason}`)].join(
		"\n",
	);
}
